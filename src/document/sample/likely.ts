import type { Faker } from "@faker-js/faker";

/** A name as its words: `createdAt`, `created_at` and `created-at` are `created at`. */
function wordsOf(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .replace(/[^A-Za-z\d]+/g, " ")
    .trim()
    .toLowerCase();
}

/** The day on which made-up answers are made. */
const today = Date.UTC(2026, 0, 15, 9, 30);
const dayMs = 86_400_000;

/** A moment of the last year. */
function recent(faker: Faker): Date {
  return new Date(today - faker.number.int({ max: 365 * 86_400 }) * 1000);
}

function emailOf(faker: Faker): string {
  return faker.internet.email({ provider: "example.com" }).toLowerCase();
}

function linkOf(faker: Faker): string {
  return `https://example.com/${faker.lorem.slug()}`;
}

/** Texts of members by the words of their names; the first that knows the name makes it. */
const texts: readonly (readonly [RegExp, (faker: Faker) => string])[] = [
  [/\be ?mail( address)?$/, emailOf],
  [/\b(uuid|guid)$/, (faker) => faker.string.uuid()],
  [/\b(date ?time|timestamp|[a-z]+ at)$/, (faker) => recent(faker).toISOString()],
  [/\b(date|day|birthday|dob|[a-z]+ on)$/, (faker) => recent(faker).toISOString().slice(0, 10)],
  [/\btime ?zone$/, (faker) => faker.location.timeZone()],
  [/\b(url|uri|link|href|website|site|homepage|webhook|callback)$/, linkOf],
  [/\b(ip|ip address)$/, (faker) => faker.internet.ipv4()],
  [/\b(host|hostname|domain)$/, () => "example.com"],
  [/\b(user ?name|login|nick|nickname|handle)$/, (faker) => faker.internet.username().toLowerCase()],
  [/\b(first|given) ?name$/, (faker) => faker.person.firstName()],
  [/\b(last|family|sur) ?name$/, (faker) => faker.person.lastName()],
  [
    /\b((full|display|holder|contact|client|author|owner|person|account|recipient) ?name|author|owner)$/,
    (faker) => faker.person.fullName(),
  ],
  [/\b(company|organi[sz]ation|employer|vendor|merchant)( name)?$/, (faker) => faker.company.name()],
  [/\b(file ?name|file)$/, (faker) => faker.system.commonFileName("pdf")],
  [/^name$|\b(product|item) ?name$/, (faker) => faker.commerce.productName()],
  [/\btitle|subject|headline|label$/, (faker) => capital(faker.lorem.words(3))],
  [/\b(description|summary|comment|message|note|notes|text|body|content|bio)$/, (faker) => faker.lorem.sentence(6)],
  [/\b(phone|mobile|fax|telephone|msisdn)( number)?$/, (faker) => faker.phone.number({ style: "international" })],
  [/\b(zip|postal|post)( ?code)?$|^zip$/, (faker) => faker.location.zipCode("#####")],
  [/\b(street|address|line ?1|address ?line ?\d?)$/, (faker) => faker.location.streetAddress()],
  [/\b(city|town)$/, (faker) => faker.location.city()],
  [/\b(state|province|region|county)$/, (faker) => faker.location.state()],
  [/\bcountry ?code$/, (faker) => faker.location.countryCode()],
  [/\bcountry$/, (faker) => faker.location.country()],
  [/\bcurrency( ?code)?$/, (faker) => faker.finance.currencyCode()],
  [/\b(locale|language|lang)$/, () => "en"],
  [/\biban$/, (faker) => faker.finance.iban()],
  [/\b(bic|swift)$/, (faker) => faker.finance.bic()],
  [/\bvat( ?id| number)?$/, (faker) => `DE${faker.string.numeric(9)}`],
  [/\bcolou?r$/, (faker) => faker.color.human()],
  [/\b(version|release)$/, (faker) => faker.system.semver()],
  [/\b(mime|content|media) ?type$/, () => "text/plain"],
  [/\b(token|secret|password|hash|signature|etag|checksum|cursor|nonce)$/, (faker) => faker.string.alphanumeric(20)],
  [/\b(amount|price|total|cost|fee|balance)$/, (faker) => faker.commerce.price()],
  [/\b(status|state)$/, () => "active"],
  [
    /\b(id|key|code|number|reference|ref|sku|slug)$/,
    (faker) => faker.string.alphanumeric({ length: 8, casing: "lower" }),
  ],
  [/\bname$/, (faker) => faker.person.fullName()],
];

/** Numbers of members by the words of their names: between which two, and in what steps. */
const numbers: readonly (readonly [RegExp, readonly [number, number, number?]])[] = [
  [/\b(amount|price|total|cost|fee|balance|salary|sum|subtotal|tax|revenue)$/, [10, 999]],
  [/\b(age)$/, [18, 80]],
  [/\byears?$/, [2020, 2026]],
  [/\bmonth$/, [1, 12]],
  [/\bday$/, [1, 28]],
  [/\bhour$/, [0, 23]],
  [/\b(minute|second)$/, [0, 59]],
  [/\b(lat|latitude)$/, [-60, 60, 0.0001]],
  [/\b(lon|lng|long|longitude)$/, [-180, 180, 0.0001]],
  [/\b(percent|percentage|progress|score)$/, [0, 100]],
  [/\b(rate|ratio|probability|confidence)$/, [0, 1]],
  [/\b(rating|stars)$/, [1, 5]],
  [/\b(page|offset|index|position|version)$/, [1, 5]],
  [/\b(limit|per page|page size)$/, [20, 20]],
  [/\bport$/, [1024, 49_151]],
  [/\b(count|quantity|qty|items|pages|size|length|capacity|stock)$/, [1, 50]],
  [/\b(timestamp|[a-z]+ at|created|updated|modified|expires|date|time)$/, [1_735_689_600, 1_768_435_200]],
  [/\bid$/, [1, 9999]],
];

/** A text that is likely for a member of this name; `undefined` where the name tells nothing. */
export function likelyText(name: string, faker: Faker): string | undefined {
  const words = wordsOf(name);
  return texts.find(([pattern]) => pattern.test(words))?.[1](faker);
}

/** The numbers that are likely for a member of this name, and their steps. */
export function likelyNumbers(name: string): readonly [number, number, number?] {
  const words = wordsOf(name);
  return numbers.find(([pattern]) => pattern.test(words))?.[1] ?? [1, 1000];
}

/** A text that is likely in a format; `undefined` where there is nothing to choose. */
export function likelyOfFormat(format: unknown, name: string, faker: Faker): string | undefined {
  switch (format) {
    case "date-time":
    case "iso-date-time":
      return recent(faker).toISOString();
    case "date":
      return recent(faker).toISOString().slice(0, 10);
    case "time":
    case "iso-time":
      return `${recent(faker).toISOString().slice(11, 19)}Z`;
    case "duration":
      return faker.helpers.arrayElement(["P1D", "P7D", "P1M", "PT1H", "PT30M"]);
    case "email":
    case "idn-email":
      return emailOf(faker);
    case "uuid":
      return faker.string.uuid();
    case "uri":
    case "url":
    case "iri":
    case "uri-reference":
    case "iri-reference":
      return linkOf(faker);
    case "ipv4":
      return faker.internet.ipv4();
    case "ipv6":
      return faker.internet.ipv6();
    case "byte":
      return btoa(faker.lorem.words(3));
    case "password":
      return faker.string.alphanumeric(12);
    case "int32":
    case "int64":
      return String(faker.number.int({ min: 1, max: 9999 }));
    case "float":
    case "double":
    case "decimal":
      return faker.commerce.price();
    case "json-pointer":
      return `/${faker.lorem.word()}/0`;
    case "binary":
      return faker.lorem.words(3);
    default:
      return typeof format === "string" && /^(unix|epoch)/.test(format)
        ? String(Math.floor((today - dayMs) / 1000))
        : likelyText(name, faker);
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

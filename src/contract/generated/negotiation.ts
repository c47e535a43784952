import { isJson, mediaTypeOf } from "../../document/media-type.ts";
import type { Operation } from "../../document/spec.ts";
import type { Case } from "../case.ts";
import { difference } from "../findings.ts";
import type { Scene } from "../scene.ts";
import { mayWrite } from "../target.ts";
import { isSuccess } from "../wire/exchange.ts";
import type { CaseMaker } from "./case-maker.ts";
import { acceptedOf, type Session } from "./session.ts";

/** Checks of how an operation's content is written: https://www.rfc-editor.org/rfc/rfc9110#section-8.3 and #section-12.5.1. */
export function negotiationCases(
  session: Session,
  operation: Operation,
  mediaType: string | undefined,
  named: CaseMaker,
): readonly Case[] {
  // A guest's own cases say how content is written.
  if (session.options.identifiers) return [];
  const types = answeredTypes(operation);
  return [
    ...(mediaType !== undefined && isJson(mediaType)
      ? [
          named(
            "takes-a-charset",
            "A content type with charset=utf-8 is the same content type",
            "assumed",
            `The body is ${mediaType}; many clients say its charset as well.`,
            (scene) => takesCharset(session, operation, mediaType, scene),
          ),
        ]
      : []),
    ...(types.length > 1 && !mayWrite(operation.method)
      ? [
          named(
            "answers-as-asked",
            "Each content type that the document declares is answered to those who ask for it",
            "assumed",
            `A success is ${types.join(" or ")}.`,
            (scene) => answersAsAsked(session, operation, types, scene),
          ),
        ]
      : []),
  ];
}

/** The content types of an operation's successes that a client can ask for by name. */
function answeredTypes({ responses }: Operation): readonly string[] {
  const successes = [...responses].filter(([status]) => status.startsWith("2"));
  const types = successes.flatMap(([, { content }]) => [...content.keys()].map((type) => mediaTypeOf(type)));
  return [...new Set(types)].filter((type) => !type.includes("*"));
}

async function takesCharset(session: Session, operation: Operation, mediaType: string, scene: Scene): Promise<void> {
  const { plan } = await acceptedOf(session, operation, scene);
  const type = `${mediaTypeOf(mediaType)}; charset=utf-8`;
  const answer = await scene.send({ ...plan, headers: { ...plan.headers, "Content-Type": type } });
  if (isSuccess(answer)) return;
  // What can be done but once may be refused by now.
  if (!isSuccess(await scene.send((await acceptedOf(session, operation, scene)).plan))) return;
  scene.find(
    difference("a content type is refused for its charset", answer, {
      at: "header.Content-Type",
      expected: "2xx",
      received: answer.status,
    }),
  );
}

async function answersAsAsked(
  session: Session,
  operation: Operation,
  types: readonly string[],
  scene: Scene,
): Promise<void> {
  for (const type of types) {
    const { plan } = await acceptedOf(session, operation, scene);
    const answer = await scene.send({ ...plan, headers: { ...plan.headers, Accept: type } });
    const got = answer.headers["content-type"];
    if (!isSuccess(answer) || got === undefined || mediaTypeOf(got) === type) continue;
    scene.find(
      difference("a declared content type is not answered to who asks for it", answer, {
        at: "header.Content-Type",
        expected: type,
        received: got,
      }),
    );
  }
}

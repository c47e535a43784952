// The package comes without types.
declare module "proxy-from-env" {
  /** The proxy that the environment names for a URL; an empty string where there is none. */
  export function getProxyForUrl(url: string): string;
}

# The mock in a container. This file has not been built where it was written, for want of a Docker daemon; test/dockerfile.test.ts
# runs its commands without one.
#   docker build -t connect-understudy . && docker run --rm -p 4010:4010 connect-understudy
FROM node:22-alpine AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
# The client of Redis is no dependency of the package; here it is for `--store`.
RUN npm run build -- --no-types && mv node_modules/@redis /redis \
  && npm prune --omit=dev --ignore-scripts && mv /redis node_modules/@redis

FROM node:22-alpine
ENV NODE_ENV=production UNDERSTUDY_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/spec ./spec
COPY --from=build /app/fixtures ./fixtures
COPY --from=build /app/dist ./dist
USER node
EXPOSE 4010
# The control plane answers where it is called as this machine: inside as 127.0.0.1, outside as localhost and the mapped port.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.UNDERSTUDY_PORT ?? 4010}/_understudy/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Without a shell between, a signal reaches the process, which ends by itself.
ENTRYPOINT ["node", "/app/dist/cli.js"]
CMD ["start"]

# syntax=docker/dockerfile:1
FROM node:26.10.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build

# What runs: the sources, the console, and the packages that they need; no compiler, no test.
FROM node:26.10.0-bookworm-slim
# Backup and restore of a PostgreSQL store call its client programs.
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
# Of the second reading engine the image keeps what runs here: 16 MB of 101.
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force \
    && find node_modules/onnxruntime-node/bin -type f ! -path "*/linux/$(node -p process.arch)/*" -delete \
    && mkdir /var/lib/loopgate /var/lib/loopgate-keys && chown node:node /var/lib/loopgate /var/lib/loopgate-keys
COPY config config
COPY channels channels
COPY src src
COPY --from=build /app/web/dist web/dist
USER node
# The root file system may be read-only: what is written goes to the two volumes, and to /tmp, a tmpfs.
ENV NODE_ENV=production \
    NODE_COMPILE_CACHE=/tmp/loopgate-compiled \
    LOOPGATE_DATA=/var/lib/loopgate \
    LOOPGATE_KEYS=/var/lib/loopgate-keys \
    LOOPGATE_HTTP_HOST=0.0.0.0 \
    LOOPGATE_HTTP_PUBLIC_URL=http://127.0.0.1:8080 \
    LOOPGATE_METRICS_HOST=0.0.0.0 \
    LOOPGATE_CHANNELS_DIRECT_LISTEN_HOST=0.0.0.0
VOLUME ["/var/lib/loopgate", "/var/lib/loopgate-keys"]
EXPOSE 8080 2525 9464
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts"]

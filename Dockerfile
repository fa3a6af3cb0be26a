FROM node:26-bookworm-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && mkdir /var/lib/loopgate /var/lib/loopgate-keys && chown node /var/lib/loopgate /var/lib/loopgate-keys
USER node
ENV LOOPGATE_DATA=/var/lib/loopgate \
    LOOPGATE_KEYS=/var/lib/loopgate-keys \
    LOOPGATE_HTTP_HOST=0.0.0.0 \
    LOOPGATE_HTTP_PUBLIC_URL=http://127.0.0.1:8080 \
    LOOPGATE_CHANNELS_DIRECT_LISTEN_HOST=0.0.0.0
EXPOSE 8080 2525
CMD ["node", "src/main.ts"]

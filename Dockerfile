FROM node:26-bookworm-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && mkdir -p /var/lib/loopgate && chown node /var/lib/loopgate
USER node
ENV LOOPGATE_DATA=/var/lib/loopgate/data LOOPGATE_HTTP_HOST=0.0.0.0 LOOPGATE_HTTP_PUBLIC_URL=http://127.0.0.1:8080
EXPOSE 8080 2525
CMD ["node", "src/main.ts"]

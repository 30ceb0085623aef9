# syntax=docker/dockerfile:1
FROM python:3.11-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends make nodejs npm && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY pyproject.toml uv.lock Makefile README.md piccolo_conf.py ./
COPY pwa/package.json pwa/package-lock.json pwa/
COPY backend backend
COPY migrations migrations
COPY pwa pwa
RUN make setup && .venv/bin/sunlot assets && rm -rf pwa/node_modules

FROM python:3.11-slim-bookworm
RUN useradd --system --create-home --uid 10001 sunlot && install -d -o sunlot /data
COPY --from=build /app /app
WORKDIR /app
USER sunlot
ENV DATA_DIR=/data HOST=0.0.0.0 PORT=8000 PATH=/app/.venv/bin:$PATH
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/healthz', timeout=4)"]
# It drains by itself: docker stop -t 60, or stop_grace_period.
STOPSIGNAL SIGTERM
CMD ["sunlot", "serve"]

# The page and every command of paperchat, as a user without rights; the library lies in the volume /data.
FROM python:3.11-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN python -m venv /paperchat \
    && /paperchat/bin/pip install --no-cache-dir --constraint constraints.txt '.[mcp,postgres]'

FROM python:3.11-slim-bookworm
RUN useradd --no-create-home --home-dir /data --uid 10001 paperchat \
    && install --directory --owner paperchat --group paperchat /data /var/cache/paperchat
COPY --from=build /paperchat /paperchat
ENV PATH=/paperchat/bin:$PATH \
    XDG_CACHE_HOME=/var/cache/paperchat \
    PAPERCHAT__DATA_DIR=/data \
    PAPERCHAT__UI__HOST=0.0.0.0
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 7860
HEALTHCHECK --start-period=60s --interval=30s --timeout=10s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/healthz', timeout=8)"]
ENTRYPOINT ["paperchat"]
CMD ["ui"]

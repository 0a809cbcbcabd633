# Built in two steps, so that the image carries neither pip's cache nor a compiler.
FROM python:3.12.12-slim-bookworm AS build
WORKDIR /reelwright
RUN python -m venv /opt/reelwright
COPY requirements.lock .
RUN /opt/reelwright/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY domain domain
COPY adapters adapters
COPY service service
RUN /opt/reelwright/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12.12-slim-bookworm
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin reelwright \
    && install -d -o reelwright -g reelwright /data
COPY --from=build /opt/reelwright /opt/reelwright
ENV PATH=/opt/reelwright/bin:$PATH \
    REELWRIGHT_DATA_DIR=/data \
    REELWRIGHT_HTTP_HOST=0.0.0.0 \
    REELWRIGHT_LOG_FORMAT=json
USER 10001:10001
WORKDIR /home/reelwright
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["reelwright"]
CMD ["serve"]

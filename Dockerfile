# Every package of the image is in deploy/requirements.txt with the digests of its files (`make lock`); none is built here
# but our own wheel. See docs/operations.md for running it with a read-only root file system.
FROM python:3.11-slim AS build
WORKDIR /source
COPY deploy/requirements.txt deploy/build-requirements.txt deploy/
RUN python -m venv /opt/exposure \
    && /opt/exposure/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r deploy/requirements.txt \
    && python -m venv /opt/build \
    && /opt/build/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r deploy/build-requirements.txt
COPY . .
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-index --no-build-isolation --wheel-dir /wheels . \
    && /opt/exposure/bin/pip install --no-cache-dir --no-deps --no-index /wheels/*.whl

FROM python:3.11-slim
# A number, so that an orchestrator can tell that it is not root. The folder stays theirs when a new volume is mounted on it.
RUN groupadd --system --gid 10001 exposure \
    && useradd --system --uid 10001 --gid exposure --create-home --home-dir /var/lib/exposure exposure \
    && install -d -o exposure -g exposure /var/lib/exposure/data
COPY --from=build /opt/exposure /opt/exposure
ENV PATH=/opt/exposure/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    EXPOSURE_DATA=/var/lib/exposure/data
USER 10001:10001
WORKDIR /var/lib/exposure
VOLUME /var/lib/exposure
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=3)"]
CMD ["exposure", "serve", "--host", "0.0.0.0"]

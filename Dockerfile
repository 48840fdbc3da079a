# Builds the wheel and its dependencies, then installs nothing but them.
FROM python:3.11-slim AS build
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --wheel-dir /wheels .

FROM python:3.11-slim
RUN useradd --system --create-home --home-dir /var/lib/exposure exposure
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels sanctions-exposure
ENV EXPOSURE_DATA=/var/lib/exposure/data
USER exposure
WORKDIR /var/lib/exposure
VOLUME /var/lib/exposure
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=3)"]
CMD ["exposure", "serve", "--host", "0.0.0.0"]

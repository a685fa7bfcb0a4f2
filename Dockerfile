# One image for every service, the operator and the command line: `docker build -t alur/alur:dev .`
# The bases are arguments, so that they can be named by digest, or be local ones.
ARG NODE_BASE=docker.io/library/node:20-bookworm-slim
ARG PYTHON_BASE=docker.io/library/python:3.11-slim-bookworm

FROM ${NODE_BASE} AS editor
WORKDIR /src
COPY services/editor/package.json services/editor/package-lock.json services/editor/.npmrc ./
RUN npm ci --no-fund --no-audit --loglevel=error
COPY services/editor ./
RUN npm run --silent build

FROM ${PYTHON_BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /src
RUN python3 -m venv /opt/alur
COPY requirements.lock ./
RUN /opt/alur/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY operator operator
COPY services services
RUN /opt/alur/bin/pip install --no-cache-dir --no-deps --no-build-isolation \
    ./services/libs/sdk ./services/libs/api ./services/libs/engine ./services/libs/nodes ./services/libs/common \
    ./services/registry ./services/scheduler ./services/executor ./services/gateway ./services/alur ./operator

FROM ${PYTHON_BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Alur" \
      org.opencontainers.image.description="Workflows that people draw, apply with kubectl, or call from code." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/alur /opt/alur
COPY --from=editor /src/dist /opt/alur/editor
ENV PATH=/opt/alur/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    ALUR_EDITOR_DIR=/opt/alur/editor
USER 65532:65532
ENTRYPOINT ["/opt/alur/bin/alur"]
CMD ["--help"]

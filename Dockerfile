# One image for every service, the operator and the command line: `make images`, or `docker build -t alur/alur:dev .`
# The bases are arguments, so that they can be named by digest, be local ones, or have no shell (RUN_BASE).
ARG NODE_BASE=docker.io/library/node:20-bookworm-slim
ARG PYTHON_BASE=docker.io/library/python:3.11-slim-bookworm
# Its Python is where that of PYTHON_BASE is. It needs nothing else, and no shell.
ARG RUN_BASE=${PYTHON_BASE}

FROM ${NODE_BASE} AS editor
# Who signs for a registry of your own, a file that is mounted while this runs.
ARG NODE_EXTRA_CA_CERTS
# Its name is that of the list of its parts.
WORKDIR /src/alur-editor
COPY services/editor/package.json services/editor/package-lock.json services/editor/.npmrc ./
RUN npm ci --no-fund --no-audit --loglevel=error
COPY services/editor ./
# What is only built with goes before the parts are listed: `npm sbom --omit dev` leaves out what both sides need.
RUN npm run --silent build \
    && npm pkg delete devDependencies \
    && npm prune --loglevel=error \
    && mkdir sbom \
    && npm sbom --sbom-format cyclonedx --sbom-type application > sbom/editor.cdx.json

FROM ${PYTHON_BASE} AS build
# As above.
ARG PIP_CERT
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements.build.lock requirements.run.lock ./
RUN python3.11 -m venv /build && python3.11 -m venv --without-pip /opt/alur \
    && /build/bin/pip install --no-cache-dir --require-hashes -r requirements.build.lock \
    && /build/bin/pip --python /opt/alur/bin/python install --no-cache-dir --require-hashes -r requirements.run.lock
COPY operator operator
COPY services services
RUN /build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels \
        ./services/libs/sdk ./services/libs/api ./services/libs/engine ./services/libs/jail ./services/libs/nodes \
        ./services/libs/common ./services/registry ./services/scheduler ./services/executor ./services/gateway \
        ./services/alur ./operator \
    && /build/bin/pip --python /opt/alur/bin/python install --no-cache-dir --no-deps /wheels/*.whl \
    && mkdir /opt/alur/sbom /volume \
    && /build/bin/cyclonedx-py environment --pyproject services/alur/pyproject.toml --output-reproducible \
        --output-file /opt/alur/sbom/python.cdx.json /opt/alur/bin/python
COPY --from=editor /src/alur-editor/sbom /opt/alur/sbom
COPY --from=editor /src/alur-editor/dist /opt/alur/editor

FROM ${RUN_BASE}
COPY --from=build /opt/alur /opt/alur
# So that a new volume there belongs to whom it runs as.
COPY --from=build --chown=65532:65532 /volume /var/lib/alur
ENV PATH=/opt/alur/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    ALUR_EDITOR_DIR=/opt/alur/editor
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=https://alur.dev
LABEL org.opencontainers.image.title="Alur" \
      org.opencontainers.image.description="Workflows that people draw, apply with kubectl, or call from code." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 65532:65532
ENTRYPOINT ["/opt/alur/bin/alur"]
CMD ["--help"]

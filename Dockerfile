# syntax=docker/dockerfile:1
# One image for webhook, operator, command line and load-time guard. Build it on any Debian-like Python 3.11 or newer:
#   docker build -t modeladmit:dev .
# Without a network: fill ./wheels with `pip download -r requirements.lock -r requirements-build.lock -d wheels`, and build with
#   --build-arg PIP_OPTIONS="--no-index --find-links=/src/wheels"
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ARG PIP_OPTIONS=""
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# Dependencies change less often than the source: they are a layer of their own.
COPY requirements.lock requirements-build.lock ./
COPY wheel[s] ./wheels
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv /opt/modeladmit \
    && python3 -m venv /opt/build \
    && /opt/modeladmit/bin/pip install ${PIP_OPTIONS} --require-hashes -r requirements.lock \
    && /opt/build/bin/pip install ${PIP_OPTIONS} --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN /opt/build/bin/pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /dist . \
    && /opt/modeladmit/bin/pip install --no-index --no-deps /dist/*.whl \
    && /opt/modeladmit/bin/modeladmit --version \
    # Nothing is installed in a running image.
    && /opt/modeladmit/bin/pip uninstall --yes pip setuptools

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="modeladmit" \
      org.opencontainers.image.description="Kubernetes admission control for model deployments" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/modeladmit /opt/modeladmit
ENV PATH=/opt/modeladmit/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# By number, so that `runAsNonRoot` can be checked without a user database.
USER 65532:65532
EXPOSE 9443 8080
ENTRYPOINT ["/opt/modeladmit/bin/modeladmit"]
CMD ["--help"]

# The front door. `make demo` shows the main job, `make test` checks everything, `make lint` reads everything.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
CLUSTER ?=
SHARED ?= $(if $(MODELADMIT_SHARED),$(MODELADMIT_SHARED),../shared)

.PHONY: help demo test unit e2e lint format bench corpus generate lock tools image clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/runtime.stamp: requirements.lock requirements-build.lock pyproject.toml
	@echo "Installing modeladmit into $(VENV) (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements.lock -r requirements-build.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/runtime.stamp requirements-dev.lock
	@echo "Installing the tools of development into $(VENV) (once)"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

demo: $(if $(CLUSTER),$(VENV)/dev.stamp,$(VENV)/runtime.stamp) ## Judge six workloads for real; CLUSTER=plane does it through kubectl
	@$(if $(CLUSTER),$(BIN)/python -m e2e.demo --cluster=$(CLUSTER),$(BIN)/modeladmit demo)

test: unit e2e ## Everything: unit, properties, contracts, integration, then a real API server

unit: $(VENV)/dev.stamp ## Everything that needs no cluster
	$(BIN)/python -m pytest -n 2 --dist loadgroup tests

tools: $(VENV)/dev.stamp ## Build etcd, kube-apiserver, kubectl, cosign, helm and the rest from Go modules (once, cached)
	$(BIN)/python -m e2e.kit.tools

e2e: tools ## The real API server, registries, cosign, helm and a private Sigstore
	$(BIN)/python -m pytest e2e

lint: $(VENV)/dev.stamp ## Format, lint, types, imports, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/modeladmit crds --check

format: $(VENV)/dev.stamp ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/dev.stamp ## Run every benchmark and print its table
	@missed=; for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python -m benchmarks.$$(basename $$file .py) || missed="$$missed $$file"; done; \
	test -z "$$missed" || { echo "aims missed:$$missed"; exit 1; }

corpus: $(VENV)/dev.stamp ## Measure extraction on labelled manifests, where they are at hand (MODELADMIT_SHARED)
	$(BIN)/python -m benchmarks.corpus $(SHARED)/corpus

generate: $(VENV)/dev.stamp ## Write what is generated: CRDs, install.yaml, reference docs
	$(BIN)/modeladmit crds --write manifests/crds --write charts/modeladmit/files/crds
	$(BIN)/modeladmit explain --markdown > docs/findings.md
	$(BIN)/modeladmit manual > docs/cli.md
	$(BIN)/python -m modeladmit.cli.reports.tables docs
	$(BIN)/python -m e2e.kit.chart

lock: $(VENV)/dev.stamp ## Pin dependencies with hashes, without any registry's address
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --group build -o requirements-build.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header -c requirements.lock --group lint --group test pyproject.toml -o requirements-dev.lock

image: ## Build the container image
	docker build -t modeladmit:dev .

clean: ## Remove the virtual environment and caches of this checkout
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

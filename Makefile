# The commands of posequery; `make` alone lists them.
# Each makes the environment in .venv first, once for each content of the pinned requirements.

digest = $(shell cat $(1) | sha256sum | cut -c 1-16)
STUDY_PINS := envs/workstation.txt envs/workstation.lock
STUDY_ENV := .venv/study-$(call digest,$(STUDY_PINS))
CRATE_ENV := .venv/crate-$(call digest,envs/crate.lock)
TEST_ENV := .venv/test-$(call digest,$(STUDY_PINS) $(foreach name,engines slurm test,envs/$(name).lock))
RUN := .venv/bin/python -m

# As they are typed: the shell of a recipe reads them from its environment and runs nothing in them.
$(foreach name,CONFIG CONFIRM PROFILE ARCHIVE PYTHON,$(eval override $(name) := $$(value $(name))))
export CONFIG CONFIRM PROFILE ARCHIVE PYTHON

RUN_STUDY := PYTHONPATH=src .venv/bin/python scripts/run.py
POSEQUERY := PYTHONPATH=src $(RUN) posequery
CONFIRMED := $(if $(CONFIRM),--confirm="$$CONFIRM")
named = test -n "$$CONFIG" || { echo "Name the study: make $@ CONFIG=$(1)"; exit 2; }

.PHONY: help env study lab run check archive verify restore test lint format docs lock
.NOTPARALLEL:

help:
	@echo "make env     the environment alone: then '. .venv/bin/activate' and 'posequery --help'"
	@echo "make study   the whole study on a rendered stand-in: results/mini"
	@echo "make lab     the online half on real video with a real teacher: results/lab"
	@echo "make run CONFIG=path/to/garden.yaml   any study, such as one of your own videos"
	@echo "make run CONFIG=... CONFIRM=true      overwrite what another protocol made under that name"
	@echo "make check CONFIG=human36m   what a study's data lack, and what it would take"
	@echo "make archive CONFIG=mini     results, settings and checksums of a study in one file"
	@echo "make verify CONFIG=mini      a copied or unpacked study: check its sums, make nothing again"
	@echo "make restore ARCHIVE=mini.tar.gz   put an archived study back into results, making nothing again"
	@echo "make test    the tests; make test TESTS=tests/strategies, some of them"
	@echo "make lint    style, spelling, types, layers, workflow"
	@echo "make format  Python and Snakemake files in the project's style"
	@echo "make docs    the references: of all keys in config/README.md, of the library in docs/api.md"
	@echo "make lock    the pins' checksums: envs/*.lock, after an edit of envs/*.txt"
	@echo "PYTHON=/path/to/python3.12 make ...   which Python the environment is made with"

env: $(STUDY_ENV)

study: $(STUDY_ENV)
	@$(RUN_STUDY) mini $(CONFIRMED)

lab: $(STUDY_ENV)
	@$(RUN_STUDY) lab $(CONFIRMED)

run: $(STUDY_ENV)
	@$(call named,path/to/garden.yaml)
	@$(RUN_STUDY) "$$CONFIG" $(CONFIRMED) $(if $(PROFILE),--profile "workflow/profiles/$$PROFILE")

check: $(STUDY_ENV)
	@$(call named,human36m)
	@$(POSEQUERY) check "$$CONFIG"

archive: $(STUDY_ENV)
	@$(call named,mini)
	@$(POSEQUERY) archive "$$CONFIG"

verify: $(STUDY_ENV)
	@$(call named,mini)
	@$(POSEQUERY) archive --verify "$$CONFIG"

restore: $(STUDY_ENV)
	@test -n "$$ARCHIVE" || { echo "Name the archive: make restore ARCHIVE=path/to/mini.tar.gz"; exit 2; }
	@$(POSEQUERY) archive --restore "$$ARCHIVE"

test: $(TEST_ENV) $(CRATE_ENV)
	$(RUN) pytest -n logical --maxprocesses 8 --dist loadfile $(TESTS)

lint: $(TEST_ENV)
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	.venv/bin/codespell
	$(RUN) snakefmt --check Snakefile workflow
	$(RUN) snakemake --lint
	.venv/bin/lint-imports --no-cache
	$(RUN) mypy

format: $(TEST_ENV)
	$(RUN) ruff check --fix .
	$(RUN) ruff format .
	$(RUN) snakefmt Snakefile workflow

docs: $(TEST_ENV)
	PYTHONPATH=src $(RUN) posequery.study.reference config/README.md
	PYTHONPATH=src $(RUN) posequery.study.api docs/api.md

lock: $(TEST_ENV)
	@sh envs/lock.sh

$(STUDY_ENV):
	@sh envs/install.sh envs/workstation.lock
	@touch $@

$(CRATE_ENV): | $(TEST_ENV)
	@$(RUN) venv .venv/crate
	@.venv/crate/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement envs/crate.lock
	@touch $@

$(TEST_ENV):
	@sh envs/install.sh envs/test.lock
	@touch $@ $(STUDY_ENV)

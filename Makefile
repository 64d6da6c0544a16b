# One word per task; CI runs the same words.
#
#   make test PYTHON=python3.12 VENV=.venv-3.12
#
# runs a task on another interpreter. Give each interpreter a VENV of its own:
# one that exists keeps the interpreter that it was made with.

PYTHON ?= python3
VENV ?= .venv
# For `make test` and `make stress`: more arguments for pytest.
ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

# What a build is made from. Each stamp below is newer than these, or its
# step runs again.
SOURCES := pyproject.toml setup.py $(wildcard csrc/*.c csrc/*.h csrc/*.py)
INSTALLED := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
BENCH := $(VENV)/.installed-bench
DOCS := $(VENV)/.installed-docs
FOREIGN := $(VENV)/.installed-foreign

# What may differ from one interpreter to the next: its own suites, the class
# over its class, tracebacks and notes, install and run, typing and packaging.
INTERPRETER_TESTS := $(addprefix tests/,cpython dropin explain integrations \
	project raw/test_subinterpreter.py cli/test_run.py)

C_FILES := $(wildcard csrc/*.c pysock/cli/bench/*.c)
# Stricter than the build, and without cffi's generated file, which does not
# pass -Wmissing-prototypes.
C_LINT := -fsyntax-only -std=c11 -D_GNU_SOURCE -Icsrc -Wall -Wextra \
	-Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes -Werror

# Alpine's C library. Debian's musl-gcc finds no header of the kernel: they
# are linked into a folder where no header of another C library is.
MUSL_GCC ?= $(shell which musl-gcc)
MUSL_TREE := build/musl

# Debian's clang may have its version in its name only.
CLANG ?= $(firstword $(foreach v,clang clang-19 clang-16 clang-14,$(shell which $(v))))
FUZZ_SECONDS ?= 60
ASAN_TREE := build/asan
# The wings that call C, in minutes; ASAN_TESTS=tests is all, in half an hour.
ASAN_TESTS ?= $(addprefix tests/,raw sock_diag errors dropin loops)
ASAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
ASAN_LIBRARIES = $(shell gcc -print-file-name=libasan.so) \
	$(shell gcc -print-file-name=libubsan.so)

WHEEL_TREE := build/wheel

EMPTIES_ENVIRONMENT := \
	test_without_compiler_there_is_no_floor_and_a_load_in_python

.DEFAULT_GOAL := help
.PHONY: help demo test test-interpreter test-wheel test-newest test-foreign \
	reach peers check musl \
	format bench stress docs man asan fuzz wheel clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' \
		Makefile

demo: $(INSTALLED) ## install with run-time needs only, and take the tour
	$(BIN)/python -m pysock tour

test: $(DEV) ## run every test, of the stress tests a short version
	$(BIN)/python -m pytest -m "not stress and not foreign" $(ARGS)

test-interpreter: $(DEV) ## run the tests of what depends on the interpreter
	$(BIN)/python -m pytest -m "not stress and not foreign" \
		$(INTERPRETER_TESTS) $(ARGS)

# What users get: the wheel, in an environment of its own, and the tests out
# of the sdist, from a folder that has no source of pysock. tests/project is
# about the sources.
test-wheel: $(DEV) ## run the tests over the wheel that `make wheel` builds
	rm -rf $(WHEEL_TREE) *.egg-info && mkdir -p $(WHEEL_TREE)
	$(BIN)/python -m build --no-isolation --outdir $(WHEEL_TREE)/dist
	tar -xf $(WHEEL_TREE)/dist/*.tar.gz -C $(WHEEL_TREE) --strip-components 1
	rm -r $(WHEEL_TREE)/pysock $(WHEEL_TREE)/pysock_pytest.py
	$(PYTHON) -m venv $(WHEEL_TREE)/.venv
	cd $(WHEEL_TREE) && .venv/bin/python -m pip --quiet install --upgrade pip
	cd $(WHEEL_TREE) && .venv/bin/python -m pip --quiet install dist/*.whl \
		--group dev
	cd $(WHEEL_TREE) && .venv/bin/python -m pytest \
		-m "not stress and not foreign" --ignore tests/project \
		-o cache_dir=$(abspath $(WHEEL_TREE)).cache $(ARGS)

peers: $(INSTALLED) ## run other projects' suites, plain and under run
	PYTHONPATH=tests $(BIN)/python -m clients.peers $(ARGS)

reach: $(FOREIGN) ## meet every failure with every client: docs/reach
	PYTHONPATH=tests $(BIN)/python -m clients.reach.page seen

test-foreign: $(FOREIGN) ## run other projects' clients and servers with pysock
	$(BIN)/python -m pytest -m foreign $(ARGS)

# As root, on a Debian: Python 3.14 and 3.15 come in a chroot in ~/.cache/pysock,
# built the first time (200 MB to download, 3 minutes).
test-newest: ## run every test on 3.14 and 3.15, in a chroot of its own
	.ci/newest 3.14 make test ARGS="$(ARGS)"
	.ci/newest 3.15 make test ARGS="$(ARGS)"

check: $(DEV) ## format, lint and types, of Python and of C
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict
	$(BIN)/clang-format --dry-run -Werror $(C_FILES) $(wildcard csrc/*.h)
	gcc $(C_LINT) $(C_FILES)
	$(if $(MUSL_GCC),$(MAKE) --no-print-directory musl,)

musl: ## lint the C with musl's headers; needs musl-gcc (Debian: musl-tools)
	$(if $(MUSL_GCC),,$(error no musl-gcc here))
	mkdir -p $(MUSL_TREE)
	ln -sfn /usr/include/linux /usr/include/asm-generic $(MUSL_TREE)
	ln -sfn $(firstword $(wildcard /usr/include/asm \
		/usr/include/$(shell gcc -print-multiarch)/asm)) $(MUSL_TREE)/asm
	$(MUSL_GCC) -idirafter $(MUSL_TREE) $(C_LINT) $(C_FILES)

format: $(DEV) ## let the formatters have their way
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(BIN)/clang-format -i $(C_FILES) $(wildcard csrc/*.h)

bench: $(BENCH) ## measure pysock beside its peers
	$(BIN)/python -m benchmarks

stress: $(DEV) ## run the long versions of the stress tests
	$(BIN)/python -m pytest -m stress $(ARGS)

docs: $(DOCS) ## write what is made from the code, and the site: build/docs/html
	mkdir -p build
	PYTHONPATH=tests $(BIN)/python -m lab.document > build/failures.md
	mv build/failures.md docs/failures.md
	PYTHONPATH=tests $(BIN)/python -m lab.causes.page > build/causes.md
	mv build/causes.md docs/causes.md
	PYTHONPATH=tests $(BIN)/python tests/project/test_readme.py
	PYTHONPATH=tests $(BIN)/python tests/testing/test_page.py
	PYTHONPATH=tests $(BIN)/python -m clients.reach.page
	PYTHONPATH=tests $(BIN)/python -m project.error_pages
	PYTHONPATH=tests $(BIN)/python -m project.limits_page
	PYTHONPATH=tests $(BIN)/python -m project.tcp_info_page
	$(MAKE) --no-print-directory man
	PYTHONPATH=tests $(BIN)/python -m project.drawings
	$(BIN)/sphinx-build -q -W --keep-going --fresh-env -b html \
		-d build/docs/read docs build/docs/html

man: $(DEV) ## write docs/pysock.1, the manual page, from the command's parser
	PYTHONPATH=tests $(BIN)/python -m project.man_page

# A tree of its own: its compiled module needs libasan, and must not be found
# by anybody else. PYTHONMALLOC lets the sanitizer see each of cffi's buffers;
# the interpreter's own leaks are not ours, and every_call.c looks for ours.
# Left out: what builds modules of its own, and a test that empties the
# environment, LD_PRELOAD with it.
asan: $(DEV) ## run the tests on a build with address and UB sanitizers
	rm -rf $(ASAN_TREE) && mkdir -p $(ASAN_TREE)
	cp -r .github csrc pysock pysock_pytest.py tests benchmarks examples docs pyproject.toml setup.py README.md \
		LICENSE MANIFEST.in Makefile $(ASAN_TREE)
	rm -f $(ASAN_TREE)/pysock/_ffi.*.so
	cd $(ASAN_TREE) && CFLAGS="$(ASAN_FLAGS) -g -O1" \
		LDFLAGS="$(ASAN_FLAGS)" \
		$(abspath $(BIN))/python setup.py --quiet build_ext --inplace
	cd $(ASAN_TREE) && PYTHONPATH=$(abspath $(ASAN_TREE)) \
		LD_PRELOAD="$(ASAN_LIBRARIES)" PYTHONMALLOC=malloc \
		ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=1 \
		UBSAN_OPTIONS=print_stacktrace=1 \
		$(abspath $(BIN))/python -m pytest \
		-m "not stress and not foreign" $(ASAN_TESTS) --ignore tests/project/test_packaging.py \
		--deselect tests/cli/test_bench.py::$(EMPTIES_ENVIRONMENT) $(ARGS)

fuzz: ## let libFuzzer at the parsers for FUZZ_SECONDS; needs clang
	$(if $(CLANG),,$(error no clang here: its libFuzzer is needed))
	mkdir -p build/fuzz
	$(CLANG) -g -O1 -std=c11 -D_GNU_SOURCE -Icsrc \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		tests/fuzz/parsers.c $(C_FILES) -o build/fuzz/parsers
	cd build/fuzz && ./parsers -max_total_time=$(FUZZ_SECONDS) \
		-max_len=4096 ../../tests/fuzz/corpus

# setuptools puts what an old egg-info lists into the sdist, needed or not.
wheel: $(DEV) ## build the sdist, and the wheel from it, into dist/
	rm -rf *.egg-info
	$(BIN)/python -m build --outdir dist

clean: ## remove everything built, and the virtual environments
	rm -rf .venv .venv-* build dist *.egg-info pysock/_ffi.*.so
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# The pip that comes with an interpreter may be too old for --group.
$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade pip

# Editable, because in this folder `import pysock` means the source tree: a
# wheel installed beside it would be shadowed by a tree without _ffi. Hence
# also all virtual environments share one compiled module, which is abi3.
# setuptools warns of just that, in a box: nothing that a newcomer can act on.
$(INSTALLED): $(SOURCES) | $(BIN)/python
	PYTHONWARNINGS="ignore:Editable installation" $(PIP) install --editable .
	@touch $@

$(DEV): $(INSTALLED)
	$(PIP) install --group dev
	@touch $@

$(FOREIGN): $(DEV)
	$(PIP) install --group foreign
	@touch $@

$(DOCS): $(DEV)
	$(PIP) install --group docs
	@touch $@

$(BENCH): $(DEV)
	$(PIP) install --editable '.[bench]'
	@touch $@

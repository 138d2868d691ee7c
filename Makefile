# make              build ./cptsim; V=1 shows the commands; BUILD=dev builds fast, BUILD=debug for a debugger
# make demo         install what is missing, build, train on Fashion-MNIST, draw, print the table; FORCE=1: again
# make figures      draw the records in RUNS=runs/demo to figures/
# make install PREFIX=/usr/local   all of it; make install-quant: libquant alone
# make deb          Debian packages; make deb-check: tried in a bare root; make oci: as an OCI image
# make clean        remove build/
# make help         this text
#
# make test         install what is missing, build, run every test; TESTFLAGS="--filter resume/*": one suite
# make asan         the tests under AddressSanitizer and UndefinedBehaviorSanitizer
# make exhaustive   every float32 input through the SIMD quantizers: minutes
# make fuzz         clang's libFuzzer on every reader; SECONDS=1200, TARGET=format; fuzz-replay: what is kept, by gcc
# make bench        time kernels, passes, steps beside their yardsticks; kept in build/bench; BENCHFLAGS="--only int8"
#
# make layers       every file stands in its room and includes only what stands above it
# make circles      no objects that need each other, by their symbols
# make hardened     the program is: PIE, read-only relocations, stack protector, checked string functions
# make format       clang-format; make check-format: is there anything to format?
# make lint         clang-tidy with its analyzer, cppcheck
# make loops        the kernels' inner loops as the compiler wrote them (gcc 12 can halve their speed)
#
# make install-deps              what building, tests, demo and figures need, by apt
# make compile_commands.json     for editors and clangd

BUILD  ?= release
OUT    := build/$(BUILD)
PREFIX ?= /usr/local
Q      := $(if $(V),,@)
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif

# What apt installs for building, tests, demo and figures.
PACKAGES := pkg-config libhdf5-dev libgsl-dev libyaml-dev librandom123-dev nettle-dev zlib1g-dev \
	libcriterion-dev libmpfr-dev gnuplot-nox fonts-dejavu-core dataset-fashion-mnist help2man

LIB_PKGS  := hdf5 gsl nettle zlib yaml-0.1
TEST_PKGS := criterion
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
# Records and experiment files come from strangers: what an overrun could do ends in a message. Kernels read neither.
HARDEN         := -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2 -fPIE
CFLAGS.release := -O3 -g1 $(HARDEN)
CFLAGS.asan    := -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS.debug   := -O0 -g3
CFLAGS.dev     := -O1 -g0
LDFLAGS.asan   := -fsanitize=address,undefined
LDFLAGS.release := -pie -Wl,-z,relro,-z,now
CFLAGS.fuzzer  := -O1 -gline-tables-only -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
	-DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
LDFLAGS.fuzzer := -fsanitize=fuzzer,address,undefined -fuse-ld=lld -Wl,--disable-new-dtags,-rpath,'$$ORIGIN/lib'

# Random123's own SIMD is not used, and would have every file read the compiler's intrinsics: half its time.
CPPFLAGS += -I. -D_GNU_SOURCE -DR123_USE_SSE=0 -MMD -MP $(shell pkg-config --cflags $(LIB_PKGS) 2>/dev/null)
CFLAGS   := -std=c17 -fopenmp -march=x86-64-v2 -ffp-contract=off -fno-fast-math $(WARN) $(CFLAGS.$(BUILD))
LDLIBS   := $(shell pkg-config --libs $(LIB_PKGS) 2>/dev/null) -lhdf5_hl -lm
LDFLAGS  += -fopenmp $(LDFLAGS.$(BUILD))

FLOORS  := $(shell sed -n 's,^\([a-z]*\).*,\1,p' .ci/rooms | uniq)
files    = $(foreach f,$(1),$(wildcard $(f)/$(2) $(f)/*/$(2) $(f)/*/*/$(2)))
SRC     := $(call files,$(FLOORS),*.c)
OBJ     := $(SRC:%.c=$(OUT)/%.o) $(OUT)/energy/hardware/presets.o
LIB_OBJ := $(filter-out $(OUT)/experiments/main.o,$(OBJ))
QUANT   := $(patsubst %.c,$(OUT)/%.o,$(call files,quant,*.c))
TESTS   := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/*/test_*.c))
BENCHES := $(patsubst tests/bench/%.c,$(OUT)/%,$(wildcard tests/bench/bench_*.c))
LONG    := $(patsubst tests/bench/%.c,$(OUT)/%,$(wildcard tests/bench/exhaustive_*.c))

all: cptsim

help:
	@sed -n '/^$$/q;s/^# \{0,1\}//p' Makefile

# --- the program ---------------------------------------------------------------------------------------------

cptsim: $(OUT)/cptsim
	$(Q)cp -f $< $@
$(OUT)/cptsim: $(OBJ)
	@echo "link $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
# One object, so that what the sources need of each other can be local: no name that a public header does not declare.
$(OUT)/libquant.a: $(QUANT) $(OUT)/libquant.names
	@echo "archive $@"
	$(Q)$(LD) -r -o $(OUT)/libquant.o $(QUANT)
	$(Q)objcopy --keep-global-symbols=$(OUT)/libquant.names $(OUT)/libquant.o
	$(Q)rm -f $@ && ar rcs $@ $(OUT)/libquant.o
define compile
@mkdir -p $(@D)
@echo "compile $<"
$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@
endef
$(OUT)/%.o: %.c Makefile | libraries
	$(compile)

$(OUT)/sim/kernels/%.o $(OUT)/quant/kernels/%.o: CFLAGS += -fno-stack-protector
# Instruction sets: one folder, one set of flags. The SIMD files use explicit fma only; contraction stays off.
$(OUT)/sim/kernels/avx2/%.o $(OUT)/quant/kernels/avx2/%.o: CFLAGS += -mavx2 -mfma
$(OUT)/sim/kernels/avx512/%.o: CFLAGS += -mavx2 -mfma -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni

# One file knows the commit and the flags; it is compiled again when they change, and no other.
COMMIT  := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)$(shell git diff --quiet HEAD 2>/dev/null; [ $$? != 1 ] || echo +)
VERSION := -DVERSION_NUMBER='"$(shell sh packaging/version)"' -DVERSION_COMMIT='"$(COMMIT)"' -DVERSION_FLAGS='"$(BUILD): $(filter-out -W%,$(CFLAGS))"'
$(OUT)/experiments/record/version.o: CPPFLAGS += $(VERSION)
$(OUT)/experiments/record/version.o: $(OUT)/version.txt
$(OUT)/version.txt: always
	@mkdir -p $(@D)
	@echo "$(VERSION)" | cmp -s - $@ || echo "$(VERSION)" >$@

-include $(OBJ:.o=.d) $(TESTS:.o=.d) $(patsubst %.c,$(OUT)/%.d,$(wildcard tests/bench/*.c))

# --- packages ------------------------------------------------------------------------------------------------

# Building needs the libraries; without them say how to get them rather than let the compiler guess.
libraries:
	@pkg-config --exists $(LIB_PKGS) || { echo "libraries are missing; install them with"; \
	    echo "    sudo apt-get install $(PACKAGES)"; exit 1; } >&2

# Install what is missing, by apt; without root or password-less sudo only say what is.
install-deps:
	@sh .ci/install $(PACKAGES)

# --- tests ---------------------------------------------------------------------------------------------------

# A second make, because the libraries' flags are known only once they are installed.
test: install-deps
	@$(MAKE) --no-print-directory BUILD=$(BUILD) test-run
asan: install-deps
	@$(MAKE) --no-print-directory BUILD=asan test-run

$(OUT)/tests/%.o $(BENCHES) $(LONG): CFLAGS += -Wno-conversion
# What tests is compiled for longer than it runs.
$(TESTS): CFLAGS += $(if $(filter release,$(BUILD)),-O1)
$(OUT)/run-tests: $(TESTS) $(LIB_OBJ)
	@echo "link $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(shell pkg-config --libs $(TEST_PKGS)) -lmpfr -lgmp
test-run: $(OUT)/run-tests $(OUT)/cptsim
	@ASAN_OPTIONS=detect_leaks=0 CPTSIM=$(OUT)/cptsim $(OUT)/run-tests $(TESTFLAGS)

# oneDNN is the benches' yardstick where it is installed (libdnnl-dev), and nothing else.
DNNL = $(shell echo '\#include <oneapi/dnnl/dnnl.h>' | $(CC) -E - >/dev/null 2>&1 && echo -ldnnl)
BENCH_PARTS := $(patsubst %,$(OUT)/tests/bench/%.o,bench peaks trace_kernels yardstick)
$(OUT)/tests/bench/yardstick.o: CPPFLAGS += $(if $(DNNL),-DWITH_DNNL)
$(OUT)/bench_%: $(OUT)/tests/bench/bench_%.o $(BENCH_PARTS) $(LIB_OBJ)
	@echo "link $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(DNNL)
$(OUT)/exhaustive_%: $(OUT)/tests/bench/exhaustive_%.o $(LIB_OBJ)
	@echo "link $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
# Tables on stdout, the same as JSON lines in a new folder of build/bench: machine, commit and compiler first.
BENCH_DIR = build/bench/$(shell date -u +%Y%m%dT%H%M%SZ)-$(COMMIT)
bench: $(BENCHES)
	@set -e; dir=$(BENCH_DIR); mkdir -p $$dir; \
	    for b in $(BENCHES); do $$b $(BENCHFLAGS) --save $$dir/$$(basename $$b).jsonl; echo; done; \
	    echo "kept in $$dir"
exhaustive: $(LONG)
	@set -e; for e in $(LONG); do $$e; done

# --- checks --------------------------------------------------------------------------------------------------

layers:
	@sh .ci/layers
circles: $(OBJ)
	@sh .ci/circles $(OBJ)
loops: $(OUT)/cptsim
	@sh tests/check_kernel_loops.sh $(OUT)/sim/kernels/avx2/tile.o 6
	@sh tests/check_kernel_loops.sh $(OUT)/sim/kernels/avx2/weights.o 4
	@sh tests/check_kernel_loops.sh $(OUT)/sim/kernels/avx2/winograd.o 1
	@sh tests/check_kernel_loops.sh $(OUT)/sim/kernels/avx512/tile.o 5
	@sh tests/check_kernel_loops.sh $(OUT)/sim/kernels/avx512/weights.o 5
# Position-independent, all of the linker's tables read-only, stack protector, checked string functions.
hardened: $(OUT)/cptsim
	@sh .ci/hardened $<
format:
	clang-format -i $(call files,$(FLOORS) tests,*.[ch])
check-format:
	@sh .ci/install clang-format && clang-format --dry-run -Werror $(call files,$(FLOORS) tests,*.[ch]) && echo "format: nothing to do"
# One file a run: in those after the first, clang-tidy 14 takes every va_list for uninitialized. What it says of what
# it does not show is worth reading only if it fails.
lint-deps: install-deps
	@sh .ci/install clang-tidy cppcheck
lint: lint-deps compile_commands.json
	@mkdir -p build
	@printf '%s\n' $(SRC) | xargs -P $(shell nproc) -n 1 clang-tidy -p . --quiet --warnings-as-errors='*' 2>build/lint.txt || \
	    { grep -v 'warnings generated' build/lint.txt; exit 1; } >&2
	@cppcheck -j $(shell nproc) --quiet --error-exitcode=1 --std=c11 --enable=warning,portability --inline-suppr -I. $(FLOORS)
	@echo "lint: nothing to mend"

# --- results, installing --------------------------------------------------------------------------------------

include plots/plots.mk quant/install.mk energy/hardware/presets.mk packaging/packaging.mk tests/fuzz/fuzz.mk

clean:
	rm -rf build cptsim

always:
# What an editor asks for: a line for each source, with the flags that it is compiled with.
compile_commands.json: Makefile $(SRC)
	@$(MAKE) --no-print-directory -Bn V=1 BUILD=$(BUILD) $(OBJ) $(TESTS) | sh .ci/commands >$@

.PHONY: all always asan bench check-format circles clean exhaustive format hardened help install install-deps layers libraries lint lint-deps loops test test-run

# make          build ./cptsim
# make demo     install what is missing, build, train on Fashion-MNIST, draw, print the table
# make test     install what is missing, build, run every test
# make asan     the tests under AddressSanitizer and UndefinedBehaviorSanitizer
# make bench    time the kernels beside their yardsticks (never part of the tests)
# make exhaustive  every float32 input through the SIMD quantizers: minutes
# make figures  draw from the records in runs/
# make lint layers format clean
# make install PREFIX=/usr/local   libquant.a, its headers, pkg-config file, cptsim

BUILD ?= release
OUT   := build/$(BUILD)
CC    ?= gcc

LIB_PKGS := hdf5 gsl nettle zlib
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
CFLAGS.release := -O3 -g1
CFLAGS.asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS.debug   := -O0 -g3
LDFLAGS.asan   := -fsanitize=address,undefined

GIT_COMMIT := $(shell git -C $(CURDIR) rev-parse --short=12 HEAD 2>/dev/null || echo unknown)$(shell git -C $(CURDIR) diff --quiet HEAD 2>/dev/null || echo +)
CPPFLAGS += -I. -D_GNU_SOURCE -MMD -MP $(shell pkg-config --cflags $(LIB_PKGS) 2>/dev/null)
CFLAGS   := -std=c17 -fopenmp -march=x86-64-v2 -ffp-contract=off -fno-fast-math $(WARN) $(CFLAGS.$(BUILD))
LDLIBS   := $(shell pkg-config --libs $(LIB_PKGS) 2>/dev/null) -lhdf5_hl -lcyaml -lm
LDFLAGS  += -fopenmp $(LDFLAGS.$(BUILD))

FLOORS  := quant sim models energy experiments
SRC     := $(foreach f,$(FLOORS),$(wildcard $(f)/*.c))
OBJ     := $(SRC:%.c=$(OUT)/%.o)
LIB_OBJ := $(filter-out $(OUT)/experiments/main.o,$(OBJ))
QUANT   := $(patsubst %.c,$(OUT)/%.o,$(wildcard quant/*.c))

all: cptsim

cptsim: $(OUT)/cptsim
	cp $< $@
$(OUT)/cptsim: $(OBJ)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(OUT)/libquant.a: $(QUANT)
	rm -f $@ && ar rcs $@ $^
$(OUT)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

# Instruction sets: one file, one set of flags. The SIMD files use explicit fma only; contraction stays off.
$(OUT)/sim/%_avx2.o $(OUT)/quant/%_avx2.o: CFLAGS += -mavx2 -mfma
$(OUT)/sim/%_avx512.o $(OUT)/quant/%_avx512.o: CFLAGS += -mavx2 -mfma -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni

-include $(OBJ:.o=.d)

clean:
	rm -rf build cptsim

.PHONY: all clean

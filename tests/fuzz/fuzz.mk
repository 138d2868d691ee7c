# tests/fuzz/fuzz.mk - libFuzzer on every reader of what users and strangers write; tests/fuzz/README.md has the rest.

FUZZ_TARGETS := $(shell sed -n 's/^\([a-z_]*\) .*/\1/p' tests/fuzz/targets)
FUZZ_OBJ     := $(patsubst %.c,%.o,$(wildcard tests/fuzz/*.c))
TARGET       ?= $(FUZZ_TARGETS)
SECONDS      ?= 60
FUZZ_CC      ?= clang
FUZZ          = $(MAKE) --no-print-directory BUILD=fuzzer CC="$(FUZZ_CC)" WARN=-w

# All objects in one archive, of which a target takes what it needs.
$(OUT)/libcptsim.a: $(LIB_OBJ)
	@echo "archive $@"
	$(Q)rm -f $@ && ar rcsT $@ $^
$(FUZZ_OBJ:%=$(OUT)/%): CFLAGS += -Wno-conversion
FUZZ_MAIN = $(if $(filter fuzzer,$(BUILD)),,$(OUT)/tests/fuzz/replay.o)
# What several targets need besides.
$(patsubst %,$(OUT)/fuzz/%,record checkpoint reference): $(OUT)/tests/fuzz/hdf5_edit.o
$(patsubst %,$(OUT)/fuzz/%,record checkpoint): $(OUT)/tests/fuzz/base_run.o
$(OUT)/fuzz/%: $(OUT)/tests/fuzz/target_%.o $(OUT)/tests/fuzz/fuzz.o $(FUZZ_MAIN) $(OUT)/libcptsim.a
	@mkdir -p $(@D)
	@echo "link $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDLIBS)
.SECONDARY: $(FUZZ_OBJ:%=$(OUT)/%)
-include $(FUZZ_OBJ:%.o=$(OUT)/%.d)

# build/fuzz is whole: it can be copied to a machine that has nothing but a C library and run by its run.sh.
fuzz-deps: install-deps
	@sh .ci/install clang libclang-rt-dev lld libomp-dev
fuzz-binaries: fuzz-deps
	+@$(FUZZ) fuzz-folder
fuzz-folder: $(TARGET:%=$(OUT)/fuzz/%)
	$(Q)mkdir -p build/fuzz/lib && rm -rf build/fuzz/corpus build/fuzz/dictionary
	$(Q)cp -f --remove-destination $^ build/fuzz
	$(Q)ldd $^ | awk '$$2 == "=>" && $$3 ~ /^\// && $$1 !~ /^lib(c|m|dl|rt|pthread|resolv)\.so/ { print $$3 }' | \
	    sort -u | xargs -I{} cp -fL {} build/fuzz/lib
	$(Q)cp -rf tests/fuzz/targets tests/fuzz/run.sh tests/fuzz/dictionary tests/fuzz/corpus build/fuzz
	$(Q)cp -f .ci/lsan build/fuzz/lsan
fuzz: fuzz-binaries
	@sh tests/fuzz/run.sh build/fuzz $(SECONDS) $(TARGET)

# Every input that is kept, then blind changes of them for a second a target, without clang and without its fuzzer.
fuzz-replay: install-deps
	@$(MAKE) --no-print-directory BUILD=$(BUILD) fuzz-replay-run
fuzz-replay-run: $(TARGET:%=$(OUT)/fuzz/%.replayed)
$(OUT)/fuzz/%.replayed: $(OUT)/fuzz/% always
	@LSAN_OPTIONS=suppressions=.ci/lsan:print_suppressions=0 ASAN_OPTIONS=allocator_may_return_null=1 OMP_NUM_THREADS=1 \
	    timeout 300 $< --seconds $(if $(filter command line,$(origin SECONDS)),$(SECONDS),1) tests/fuzz/corpus/$*

# What covers all that was ever reached, in few inputs, becomes the corpus: at most FUZZ_KEEP bytes of each target.
FUZZ_KEEP ?= 12000
fuzz-keep: fuzz-binaries
	@for t in $(TARGET); do sh tests/fuzz/keep.sh build/fuzz $$t $(FUZZ_KEEP); done

fuzz-seeds: cptsim
	@sh tests/fuzz/seeds.sh tests/fuzz/corpus
	@sh tests/fuzz/words.sh tests/fuzz/dictionary

.PHONY: fuzz fuzz-binaries fuzz-deps fuzz-folder fuzz-keep fuzz-replay fuzz-replay-run fuzz-seeds

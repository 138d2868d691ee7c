# energy/presets.mk - hardware files become a part of the program. The folder is a prerequisite, so that a
# file that goes away is noticed too.
PRESETS := $(sort $(wildcard energy/hardware/*.yaml))

$(OUT)/energy/presets.c: energy/presets.sh energy/presets.mk energy/hardware/. $(PRESETS)
	@mkdir -p $(@D)
	$(Q)sh $< $(PRESETS) >$@.new && mv -f $@.new $@
$(OUT)/energy/presets.o: $(OUT)/energy/presets.c | libraries
	@echo "compile $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

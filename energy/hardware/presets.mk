# energy/hardware/presets.mk - hardware files become a part of the program. The folder is a prerequisite, so that a
# file that goes away is noticed too.
PRESETS := $(sort $(wildcard energy/hardware/*.yaml))

$(OUT)/energy/hardware/presets.c: energy/hardware/presets.sh energy/hardware/presets.mk energy/hardware/. $(PRESETS)
	@mkdir -p $(@D)
	$(Q)sh $< $(PRESETS) >$@.new && mv -f $@.new $@
$(OUT)/energy/hardware/presets.o: $(OUT)/energy/hardware/presets.c | libraries
	$(compile)

# quant/install.mk - libquant.a for other projects: the library, its headers, a pkg-config file.
# To add a public header: its name here.

QUANT_HEADERS := status random affine number rounding format element block integer tally quantizer exact_sum accumulator gemm
PREFIX ?= /usr/local
LIBDIR ?= lib

install: install-quant
install-quant: $(OUT)/libquant.a
	install -d "$(DESTDIR)$(PREFIX)/$(LIBDIR)/pkgconfig" "$(DESTDIR)$(PREFIX)/include/quant"
	install -m 644 $(OUT)/libquant.a "$(DESTDIR)$(PREFIX)/$(LIBDIR)"
	install -m 644 $(QUANT_HEADERS:%=quant/%.h) "$(DESTDIR)$(PREFIX)/include/quant"
	printf '%s\n' 'prefix=$(PREFIX)' 'Name: libquant' 'Version: 1.0' \
	    'Description: number formats, rounding and accumulators, exact to the bit (needs the headers of Random123)' \
	    'Cflags: -I$${prefix}/include' 'Libs: -L$${prefix}/$(LIBDIR) -lquant -lm' \
	    >"$(DESTDIR)$(PREFIX)/$(LIBDIR)/pkgconfig/libquant.pc"

# The functions that the public headers declare: "NAME(" in a line that begins in the first column.
$(OUT)/libquant.names: $(QUANT_HEADERS:%=quant/%.h) quant/install.mk
	@mkdir -p $(@D)
	$(Q)awk '/^[a-zA-Z_]/ && !/^(static|typedef)/ { sub(/^__attribute__\(\(.*\)\)\) /, ""); \
	    if (match($$0, /[a-z_0-9]+\(/)) print substr($$0, RSTART, RLENGTH - 1) }' $(QUANT_HEADERS:%=quant/%.h) | sort -u >$@

.PHONY: install-quant

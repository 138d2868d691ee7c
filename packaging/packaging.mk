# packaging/packaging.mk - to install, to package; part of the Makefile.
#
# make install PREFIX=/usr/local   program, plots, examples, manual pages, completion, libquant; DESTDIR as usual
# make man                         manual pages from --help, in build/man
# make deb                         Debian packages in build/deb, checked by lintian
# make deb-check                   a bare Debian root with these packages; what they install is run in it
# make oci                         the same root as an OCI image in build/oci

SHARE    = $(DESTDIR)$(PREFIX)/share
EXAMPLES = $(SHARE)/doc/cptsim/examples

man: $(OUT)/cptsim
	@sh packaging/man $(OUT)/cptsim build/man

install: $(OUT)/cptsim man
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(SHARE)/man/man1" "$(EXAMPLES)/layers" "$(EXAMPLES)/mappings"
	install $(OUT)/cptsim "$(DESTDIR)$(PREFIX)/bin"
	install -m 644 build/man/*.1 "$(SHARE)/man/man1"
	install -m 644 experiments/*.yaml "$(EXAMPLES)"
	install -m 644 experiments/layers/* "$(EXAMPLES)/layers"
	install -m 644 experiments/mappings/* "$(EXAMPLES)/mappings"
	install -m 644 -D packaging/cptsim.bash "$(SHARE)/bash-completion/completions/cptsim"
	install -m 644 -D packaging/_cptsim "$(SHARE)/zsh/vendor-completions/_cptsim"

deb: man
	@sh .ci/install debhelper lintian help2man
	@sh packaging/deb build/deb
deb-check: deb
	@sh .ci/install mmdebstrap
	@sh packaging/root build/deb build/root.tar
oci: deb-check
	@sh .ci/install umoci
	@sh packaging/oci build/root.tar build/oci

.PHONY: deb deb-check man oci

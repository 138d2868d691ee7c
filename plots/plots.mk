# plots/plots.mk - the demo and the figures; part of the Makefile.
#
# make demo            install, build, train experiments/demo.yaml, draw it, print its table; goes on where it stopped
# make demo FORCE=1    train it again
# make figures         draw the records in RUNS (runs/demo) to figures/; FORCE=1: over those of other runs

RUNS ?= runs/demo

# Two makes, because the libraries' flags are known only once they are installed; quiet, because talk is of training.
demo: install-deps
	@test -x cptsim || echo "building cptsim: a minute or two" >&2
	@$(MAKE) --no-print-directory --silent BUILD=$(BUILD) cptsim >/dev/null
	@sh plots/demo $(if $(FORCE),--force)

figures: cptsim
	@./cptsim figures $(RUNS) --out figures $(if $(FORCE),--force)

install: install-plots
install-plots:
	install -d "$(DESTDIR)$(PREFIX)/share/cptsim/plots"
	install -m 644 $(wildcard plots/*.gp) "$(DESTDIR)$(PREFIX)/share/cptsim/plots"

.PHONY: demo figures install-plots

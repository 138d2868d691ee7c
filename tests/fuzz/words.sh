#!/bin/sh
# tests/fuzz/words.sh FOLDER - the words of each text input, as dictionaries of libFuzzer and AFL++: FOLDER/TARGET.
# Run in the root of the source, with $CPTSIM or ./cptsim. To add the words of a target: its line here.
set -eu
to=$1
cptsim=${CPTSIM:-./cptsim}
mkdir -p "$to"

# Words, a line each on stdin, quoted.
words() { sed 's/["\\]/\\&/g; s/.*/"&"/' | sort -u >"$to/$1"; }
names() { for kind in "$@"; do "$cptsim" list "$kind" --names; done; }
# Of paths the parts too.
parts() { awk '{ print; n = split($0, part, "."); for (i = 1; i <= n; i++) if (n > 1) print part[i] }'; }

set -- rne rna rnd rnd_conv trn sr8 sr_mid12 sat sat_sym sat_zero wrap wrap2 wrap_sm numeric_std inf ftz nan narrow log all
{ names keys | parts; names models recipes schedules learning-rates optimizers data roles hardware
  printf '%s\n' arms true false epochs iterations max float32 current '{bits}' ': ' ', ' '[' ']' '{' '}' '- ' '# ' =; } | words experiment
cp "$to/experiment" "$to/set"
{ names knobs | parts; names hardware backends; printf '%s\n' base auto KiB MiB ': ' '{' '}' ', '; } | words hardware
{ names formats; printf '%s\n' "$@" : fx:s fp: bfp: mx: int:s affine: pot:s: table: posit:; } | words format
printf '%s\n' layer count K O S IC OC B groups quantized from_input , '# ' 2147483648 9223372036854775807 | words layers
{ head -n 1 tests/golden/bitfusion.csv | tr , '\n'; printf '%s\n' , 64 65536; } | words cost_layers
printf '%s\n' '##### ' DRAM ' [ ' ' ]' Weights: Inputs: Outputs: 'for ' ' in [0:' ')' '(Spatial-X)' '(Spatial-Y)' '<< Compute >>' '| ' |
    words mapping
{ names knobs; printf '%s\n' bits= log: : , = @ '?' energy_j latency_s gbitops :least :most 1e-9 100000; } | words sweep
printf '%s\n' 0x1.8p-2 inf nan -0 1e999 1e-999 , '#' | words values

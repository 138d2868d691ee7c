#!/bin/sh
# tests/fuzz/seeds.sh FOLDER - inputs to begin with, from the project's own files: FOLDER/TARGET/... Run in the root of
# the source. To add the seeds of a target: its lines here.
set -eu
to=$1

# A file in a target's folder, from stdin.
seed() { # TARGET NAME
    mkdir -p "$to/$1"
    cat >"$to/$1/$2"
}

# Bytes of a number, big-endian and little-endian.
big() { # NUMBER BYTES
    shift_by=$(($2 * 8))
    while [ $shift_by -gt 0 ]; do
        shift_by=$((shift_by - 8))
        # shellcheck disable=SC2059 # an octal escape
        printf "\\$(printf %03o $(($1 >> shift_by & 255)))"
    done
}
little() { # NUMBER BYTES
    at=0
    while [ $at -lt "$2" ]; do
        # shellcheck disable=SC2059
        printf "\\$(printf %03o $(($1 >> 8 * at & 255)))"
        at=$((at + 1))
    done
}
zeros() { head -c "$1" /dev/zero; }

for file in experiments/*.yaml; do seed experiment "$(basename "$file")" <"$file"; done
for file in energy/hardware/*.yaml; do seed hardware "$(basename "$file")" <"$file"; done
for file in experiments/layers/*.tsv; do seed layers "$(basename "$file")" <"$file"; done
for file in experiments/mappings/*.txt; do seed mapping "$(basename "$file")" <"$file"; done

printf 'seed=7\nlearning_rate.drops=[0.5, 0.75]\nroles.weight=fx:s{bits}.2:rnd_conv:sat\n' | seed set some
printf 'forward.schedule=cosine\nforward.bits=3:8\nforward.cycles=32\nevaluate.every=1 epoch\nevaluate.bits=max float32 8\n' |
    seed set schedule
printf 'data.dir=data\nlength=2 epochs\ndata.augment=true\noptimizer.momentum=0x1p-1\n' | seed set more

# Two images of 2 x 2 and two labels.
{ big 24 2; big 2051 4; big 2 4; big 2 4; big 2 4; printf '\001\002\003\004\005\006\007\010'; big 2049 4; big 2 4; printf '\003\011'; } |
    seed idx two
{ printf '\000'; printf '\003'; zeros 12; printf '\011'; zeros 12; } | seed cifar two_of_10
{ printf '\001'; printf '\003\143'; zeros 12; printf '\000\001'; zeros 12; } | seed cifar two_of_100
{ printf 'images1\n'; little 2 4; little 2 2; little 2 2; little 3 2; little 1000 2; zeros 12; zeros 32; little 999 2; little 0 2; zeros 24; } |
    seed packed two
printf 'a line of text\n' | gzip -n9 | seed gzip small
{ printf 'one' | gzip -n1; printf 'two' | gzip -n1; } | seed gzip members
zeros 70000 | gzip -n9 | seed gzip grows
printf 'plain' | seed gzip plain

for format in fx:s8.4:rnd_conv:sat fx:u8.4:sr8:wrap fx:m6.3:trn:sat_sym fp:e4m3fn:rne:sat fp:e5m2:sr8:inf:ftz fp:e3m4b5ieee bfp:8:16:carry \
    bfp:4e5:all mx:e2m1:32:floor mx:e4m3fn:4:midmax:rne:ignore nvfp4 nvfp4:all affine:8 affine:3:rcp:sr16 int:s8:0.5:3 int:u4:0x1p-3 \
    pot:s:-8:0:log:min table:nf4 table:ternary:up posit:8.2; do
    { printf '%s\n' "$format"; zeros 4; printf '\000\000\200\077\000\000\000\300\000\000\300\177\000\000\200\377\315\314\314\075\001\000\000\000'; } |
        seed format "$(echo "$format" | tr : _)"
done

head -n 3 tests/golden/bitfusion.csv | seed cost_layers golden
printf 'K,O,S,IC,OC,B,bits_a,bits_w\n3,4,1,4,4,2,8,4\n1,1,1,64,10,1,2,2\n' | seed cost_layers two
printf 'K\tO\tIC\tOC\tlayer\n3\t8\t16\t16\tconv\n' | seed cost_layers tabs

printf 'bits=3:8,4:8,8\narray.rows=log:4:64:5\n' | seed sweep words
printf 'dram.bits_per_cycle=48:384:48\n@energy_j,latency_s,gbitops:least\n?dram.pj_per_bit=1:100\n' | seed sweep all
printf '0.3 -1.03125\n0x1.8p-2\tinf nan 1e-4\n-0 1e999 123456789012345678901234567890\n' | seed values some

# A reader, then edits: kind of edit, object, then what the kind reads. See hdf5_edit.c.
edits() { # TARGET BYTE
    printf "$2" | seed "$1" "untouched$2"
    printf "$2"'\000\000\001\001\004done' | seed "$1" "text$2"
    printf "$2"'\000\000\001\002\377\377\377\377\377\377\377\177' | seed "$1" "integer$2"
    printf "$2"'\001\005\002\001\003\004\001' | seed "$1" "shape$2"
    printf "$2"'\001\007\001\004\373\001' | seed "$1" "huge$2"
    printf "$2"'\002\006\001\000\003\377\377\377\377\377\377\377\177' | seed "$1" "values$2"
    printf "$2"'\003\003\007seed: 1' | seed "$1" "bytes$2"
    printf "$2"'\004\001\000\001a\001' | seed "$1" "circle$2"
    printf "$2"'\004\010\000\000\000' | seed "$1" "missing$2"
}
edits reference ''
for reader in 000 001 002 003 004; do edits checkpoint "\\$reader"; done
for reader in 000 001 002 003 004 005 006 007 010 011 012; do edits record "\\$reader"; done

#!/bin/sh
# tests/check_kernel_loops.sh - the kernels' inner loops have not degenerated.
#
# Usage: check_kernel_loops.sh OBJECT LOOPS. gcc 12 is known to rotate the accumulators of an unrolled loop through
# copies, or to spill them: right results at half the speed, which no test of results sees. So look at the code:
# OBJECT must hold at least LOOPS innermost loops of 12 multiply-adds, each of at most 42 instructions, without a
# vector copied from register to register or kept on the stack.
set -eu
objdump -d --no-show-raw-insn "$1" | awk -v wanted="$2" -v object="$1" '
    / <[^>]*>:$/ { name = $2 }
    /^ *[0-9a-f]+:\t/ {
        n++; at = $1; sub(/:/, "", at); line[n] = $0; index_of[at] = n
        if ($2 !~ /^j/ || $2 == "jmp" || !($3 in index_of)) next
        from = index_of[$3]                   # a jump back closes a loop
        if (from <= last_closed) next         # which has an inner one
        last_closed = n; products = copies = stack = 0
        for (i = from; i <= n; i++) {
            if (line[i] ~ /vpmaddubsw|vpmaddwd|vfmadd|vpdpbusd|vpdpwssd/) products++
            if (line[i] ~ /vmov[a-z0-9]* +%[yz]mm[0-9]+,%[yz]mm[0-9]+/) copies++
            if (line[i] ~ /%[yz]mm/ && line[i] ~ /\(%r[sb]p/) stack++
        }
        if (products != 12) next
        found++
        if (copies || stack || n - from + 1 > 42) {
            printf "%s: %s the loop at %s has %d instructions, %d vector copies, %d stack accesses\n",
                object, name, $3, n - from + 1, copies, stack
            bad = 1
        }
    }
    END {
        if (found < wanted) { printf "%s: %d loops of 12 multiply-adds, expected %d\n", object, found, wanted; bad = 1 }
        exit bad
    }'

#!/bin/sh
# energy/hardware/presets.sh FILE.yaml... - print a C file with the bytes of each, for energy/hardware/presets.h.
set -eu

symbol() { basename "$1" .yaml | tr -c 'a-zA-Z0-9\n' _; }

echo '/* Made by energy/hardware/presets.sh from energy/hardware. */'
echo '#include "energy/hardware/presets.h"'
for file in "$@"; do
    echo "static const unsigned char text_$(symbol "$file")[] = {"
    od -An -v -tu1 "$file" | sed 's/[0-9][0-9]*/&,/g'
    echo '};'
done
echo 'static const struct preset presets[] = {'
for file in "$@"; do
    echo "    {\"$(basename "$file" .yaml)\", text_$(symbol "$file"), sizeof text_$(symbol "$file")},"
done
echo '};'
echo 'const struct preset *preset_all(int *count)'
echo '{'
echo '    *count = sizeof presets / sizeof presets[0];'
echo '    return presets;'
echo '}'

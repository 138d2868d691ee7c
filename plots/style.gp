# plots/style.gp - what all figures share: the arms to draw, their colours, the page. Loaded by every script.
#
# A script is called with the folder of data files, the file to write and its format, svg or png, which it keeps in
# `data`, `out` and `format`, because `load` has arguments of its own.

set encoding utf8
set datafile separator tab
set datafile columnheaders
set datafile missing "nan"

# --- arms ------------------------------------------------------------------------------------------------------

FLOAT32 = 0
STATIC = 1
CYCLIC = 2

list = data."/arms.dat"
most = 64
array file[most]
array name[most]
array kind[most]
array precision[most]
array split[most]
array accuracy[most]
array bitops[most]
array saving[most]
arms = 0
read(dummy) = (arms = arms + 1, file[arms] = strcol("file"), name[arms] = strcol("name"), \
    kind[arms] = column("kind"), precision[arms] = strcol("precision"), split[arms] = strcol("split"), \
    accuracy[arms] = column("acc"), bitops[arms] = column("bitops"), saving[arms] = column("saving"), arms)
stats list using (read(0)) nooutput

train(i) = data."/".file[i].".train.dat"
scores(i) = data."/".file[i].".eval.dat"
label(i) = kind[i] == FLOAT32 ? name[i] : name[i]." (".precision[i].")"

# --- colours ---------------------------------------------------------------------------------------------------

# Okabe and Ito's, which colour-blind readers tell apart, float32 in grey. Grey prints are told apart by dashes and
# points.
array colour[8] = ["#707070", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]
array marks[8] = [7, 5, 9, 13, 11, 15, 65, 64]
set linetype 11 dashtype (2, 2)
set linetype 12 dashtype (10, 4)
set linetype 13 dashtype solid
set linetype 14 dashtype (10, 3, 2, 3)
set linetype 15 dashtype (5, 3)
set linetype 16 dashtype (14, 3, 2, 3, 2, 3)
set linetype 17 dashtype (4, 4)
set linetype 18 dashtype (18, 4)

# float32 has the first style for itself, however many arms there are of it.
quantized = 0
array style[most]
do for [i=1:arms] {
    if (kind[i] == FLOAT32) {
        style[i] = 1
    } else {
        style[i] = 2 + quantized % 7
        quantized = quantized + 1
    }
}
ink(i) = colour[style[i]]
faint(i) = "#b8".substr(ink(i), 2, 7)
dash(i) = 10 + style[i]
mark(i) = marks[style[i]]

# --- page ------------------------------------------------------------------------------------------------------

# Two columns of a journal: 6.9 inches of 96 pixels in SVG, of 288 in PNG.
width = 662
page(height) = format eq "svg" \
    ? sprintf("set terminal svg font 'DejaVu Sans,11' linewidth 1.2 background '#ffffff' size %d,%d", width, height) \
    : sprintf("set terminal pngcairo font 'DejaVu Sans,8.25' fontscale 3 linewidth 3.6 pointscale 3 \
               background '#ffffff' size %d,%d", 3 * width, 3 * height)

set border 3 linecolor "#404040" linewidth 0.7
set tics nomirror out scale 0.5 textcolor "#202020"
set grid linetype 1 linewidth 0.4 linecolor "#d8d8d8"
set key noenhanced

# Titles of axes are placed by hand: terminals disagree about where gnuplot would put them.
titled(x, y) = sprintf("set label 101 '%s' at graph 0.5, screen 0.022 center; \
    set label 102 '%s' at screen 0.018, graph 0.5 center rotate", x, y)

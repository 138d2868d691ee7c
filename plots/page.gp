# plots/page.gp - what every figure shares: how data files are read, colours, the page. Loaded by every script.
#
# A script is called with the folder of data files, the file to write and its format, svg or png, which it keeps in
# `data`, `out` and `format`, because `load` has arguments of its own.

set encoding utf8
set datafile separator tab
set datafile columnheaders
set datafile missing "nan"

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
titled(x, y) = sprintf("set label 101 '%s' at graph 0.5, screen 0.022 center noenhanced; \
    set label 102 '%s' at screen 0.018, graph 0.5 center rotate noenhanced", x, y)

# plots/cost_elasticity.gp - what one percent of each number does to energy and to the energy saving, as bars.

data = ARG1
out = ARG2
format = ARG3
folder = ARG0[1:strlen(ARG0) - strlen("cost_elasticity.gp")]
load folder."page.gp"

bars = data."/cost_elasticity.dat"

# --- extent ----------------------------------------------------------------------------------------------------

stats bars using "energy":"saving" nooutput
count = STATS_records
reach(least, most) = abs(least) > abs(most) ? abs(least) : abs(most)
span(least, most) = reach(least, most) > 0 ? 1.08 * reach(least, most) : 1
energy_least = STATS_min_x < 0 ? -span(STATS_min_x, 0) : -0.02 * span(0, STATS_max_x)
energy_most = STATS_max_x > 0 ? span(0, STATS_max_x) : 0.02 * span(STATS_min_x, 0)
saving_reach = span(STATS_min_y, STATS_max_y)

# --- page ------------------------------------------------------------------------------------------------------

# Bars one below the other, the largest at the top; a line of text is as high as a bar.
eval page(90 + 21 * count)
set output out
set multiplot
set tmargin at screen 1 - 12.0 / (90 + 21 * count)
set bmargin at screen 52.0 / (90 + 21 * count)
set yrange [count - 0.4:-0.6]
unset key
set grid noytics
set ytics scale 0 noenhanced
set style fill solid 0.85 noborder
set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead linecolor "#404040" linewidth 0.7
set format x "%g"
half = 0.36

set lmargin at screen 0.24
set rmargin at screen 0.60
set xrange [energy_least:energy_most]
set xtics autofreq
set label 101 "energy: percent for one percent" at graph 0.5, screen 12.0 / (90 + 21 * count) center
plot bars using (0):0:(0):(column("energy")):($0 - half):($0 + half):ytic(1) with boxxyerror \
    linecolor rgb colour[2]

set lmargin at screen 0.64
set rmargin at screen 0.98
set xrange [-saving_reach:saving_reach]
set format y ""
set label 101 "energy saving: points for one percent" at graph 0.5, screen 12.0 / (90 + 21 * count) center
plot bars using (0):0:(0):(column("saving")):($0 - half):($0 + half) with boxxyerror linecolor rgb colour[3]
unset multiplot

# plots/cost_carbon.gp - CO2e of a run by place, beside the same run at its top widths.

data = ARG1
out = ARG2
format = ARG3
folder = ARG0[1:strlen(ARG0) - strlen("cost_carbon.gp")]
load folder."page.gp"

places = data."/cost_carbon.dat"
stats data."/cost_carbon.axes.dat" using (title = strcol("x"), bits = strcol("y"), 0) nooutput

stats places using "run":"top" nooutput
count = STATS_records
most = STATS_max_x > STATS_max_y ? STATS_max_x : STATS_max_y

# A bar for the run over a paler one for its top widths, one place below the other.
height = 90 + 19 * count
eval page(height)
set output out
set lmargin at screen 0.13
set rmargin at screen 0.975
set tmargin at screen 1 - 28.0 / height
set bmargin at screen 52.0 / height
set xrange [0:most > 0 ? 1.06 * most : 1]
set yrange [count - 0.4:-0.6]
set grid noytics
set ytics scale 0
set format x "%g"
set key at graph 1, screen 1 - 4.0 / height right top horizontal Left reverse samplen 2
set style fill solid 1 noborder
set label 101 title at graph 0.5, screen 12.0 / height center noenhanced
half = 0.38
plot places using (0):0:(0):(column("top")):($0 - half):($0 + half):ytic(1) with boxxyerror \
    linecolor rgb "#c8c8c8" title "at the top widths", \
    places using (0):0:(0):(column("run")):($0 - 0.6 * half):($0 + 0.6 * half) with boxxyerror \
    linecolor rgb colour[2] title bits." bits"

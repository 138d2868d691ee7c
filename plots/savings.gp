# plots/savings.gp - bit operations, energy and latency of one run at each forward width, over those at 8 bits:
# where energy is a staircase, and how far it stays above the operations. Figure of energy/SAVINGS.md, which says how
# its two files are made: released.csv and mended.csv, answers of `cptsim cost --sweep bits=2:8:1 --csv`.

data = ARG1
out = ARG2
format = ARG3
folder = ARG0[1:strlen(ARG0) - strlen("savings.gp")]
load folder."page.gp"
set datafile separator comma

released = data."/released.csv"
mended = data."/mended.csv"

# --- the answers at 8 bits ---------------------------------------------------------------------------------------

stats released using "gbitops" nooutput
operations = STATS_max
stats released using "energy_j" nooutput
joules = STATS_max
stats released using "latency_s" nooutput
seconds = STATS_max
stats mended using "energy_j" nooutput
joules_mended = STATS_max

# --- page --------------------------------------------------------------------------------------------------------

eval page(300)
set output out
set lmargin at screen 0.085
set rmargin at screen 0.70
set tmargin at screen 0.96
set bmargin at screen 0.16
set xrange [1.8:8.2]
set yrange [0:105]
set xtics 1
set key at screen 0.985, screen 0.72 right top Left reverse samplen 2.5 spacing 1.25
eval titled("forward bits, errors at 8", "% of 8 bits")

plot released using "bits":(100 * column("energy_j") / joules) with linespoints linetype 13 \
    linecolor rgb colour[3] linewidth 1.8 pointtype 7 pointsize 0.5 title "energy, as released", \
    released using "bits":(100 * column("latency_s") / seconds) with linespoints linetype 14 \
    linecolor rgb colour[4] linewidth 1.6 pointtype 9 pointsize 0.6 title "latency, as released", \
    mended using "bits":(100 * column("energy_j") / joules_mended) with linespoints linetype 15 \
    linecolor rgb colour[5] linewidth 1.6 pointtype 13 pointsize 0.7 title "energy, mended", \
    released using "bits":(100 * column("gbitops") / operations) with linespoints linetype 12 \
    linecolor rgb colour[2] linewidth 1.8 pointtype 5 pointsize 0.5 title "bit operations"

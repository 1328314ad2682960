# Run the shell verifier on many journals in one process: gate.sh VERIFIER FOLDER POINT BOX
# For each file of FOLDER: the exit code and the name.  All share one temporary folder, BOX: making
# and removing one for each would cost more than verifying.
. "$1"
box=$4
mktemp() { printf '%s' "$box"; }
rm() { :; }
for file in "$2"/*; do
    (main "$file" "$3") >"$box/said" 2>"$box/complaints"
    printf '%s %s\n' "$?" "${file##*/}"
    [ ! -s "$box/complaints" ] || printf '9 %s\n' "${file##*/}"
done

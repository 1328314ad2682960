#!/usr/bin/env bash
# Vérificateur d'une main courante de Tocsin : bash et sha256sum (ou shasum), rien d'autre.
#
#     bash verifier.sh [DOSSIER | journal.jsonl] [NOMBRE:EMPREINTE]
#
# It only reads.  A line of the journal is {"body":B,"entry":E,"salt":"S","sig":G}, each written in
# its canonical form: E and B can therefore be cut out as text and hashed as they stand.
# Checked: the manifest, the form of E, one crisis, the numbers, the chain (SHA-256 of E), the
# contents (SHA-256 of the 32 bytes of S, then B), the times, the checkpoint.
# Not checked here, but by verifier.py: that B is canonical JSON in UTF-8, that the days exist, the
# signatures, a zip that is not unpacked.  Count some 150 lines a second.
set -u
export LC_ALL=C

usage() {
    printf 'Usage : bash verifier.sh [DOSSIER | journal.jsonl] [NOMBRE:EMPREINTE]\n%s\n' "$1"
    exit 2
}

fault() {
    printf 'NON VÉRIFIÉ — %s\n' "$1"
    exit 1
}

sum() { # SHA-256 of what comes in, in hexadecimal
    local out
    if command -v sha256sum >/dev/null; then out=$(sha256sum); else out=$(shasum -a 256); fi
    printf '%s' "${out%% *}"
}

bytes() { # the bytes that these hexadecimal digits write
    local hex=$1 escaped='' at
    for ((at = 0; at < ${#hex}; at += 2)); do escaped+="\\x${hex:at:2}"; done
    printf "$escaped"
}

check_folder() { # every file is in the manifest, once, with its hash
    local line file listed=' ' noted=0 met=0
    local form='^([0-9a-f]{64})  ([A-Za-z0-9./-]+)$'
    [ -f manifest.sha256 ] || fault 'manifest.sha256 manque.'
    while IFS= read -r line || [ -n "$line" ]; do
        [[ $line =~ $form ]] || fault 'le manifeste est illisible.'
        line=${BASH_REMATCH[1]} file=${BASH_REMATCH[2]}
        [[ $listed != *" $file "* ]] || fault "le manifeste donne deux fois $file."
        [ -f "$file" ] || fault "$file manque."
        [ "$(sum <"$file")" = "$line" ] || fault "$file n'a pas l'empreinte du manifeste."
        listed+="$file " noted=$((noted + 1))
    done <manifest.sha256
    shopt -s nullglob dotglob
    for file in * vues/*; do
        case $file in
        manifest.sha256) continue ;;
        journal.jsonl | LISEZMOI.txt | A-LIRE.html | verifier.py | verifier.sh | vues/*) ;;
        vues) [ -d vues ] && continue ;;
        *) fault "$(printf '%q' "$file") n'est pas du lot." ;;
        esac
        [[ $listed == *" $file "* ]] ||
            fault "$(printf '%q' "$file") n'est pas dans le manifeste."
        met=$((met + 1))
    done
    [ "$met" -eq "$noted" ] || fault "le manifeste nomme un fichier hors du lot."
    [[ $listed == *' journal.jsonl '* && $listed == *' LISEZMOI.txt '* ]] ||
        fault 'il manque journal.jsonl ou LISEZMOI.txt.'
}

text='"([^"\\]|\\.)+"'
time='"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"'
form='^\{"body":"([0-9a-f]{64})","crisis":('$text'),"event_time":(null|'$time'),"kind":'$text','
form+='"prev":"([0-9a-f]{64})","record_time":('$time'),"seq":([1-9][0-9]*),'
form+='"slack_ts":(null|""|'$text'),"v":1\}$'
# Groups: 1 body, 2 crisis, 3 (inner), 4 event_time, 5 (inner), 6 prev, 7 record_time, 8 seq.
beside='^"([0-9a-f]{64})","sig":(null|'$text')\}$'

number=0
head=0000000000000000000000000000000000000000000000000000000000000000
crisis=''
moment=''

check_line() { # one line, compared with what was read before it
    local line=$1 front rest entry salt body
    # The entry holds no object and its texts no bare quote: the last « ,"entry": » is its own.
    front=${line%,\"entry\":*}
    rest=${line:${#front}+9}
    entry=${rest%%,\"salt\":*}
    rest=${rest:${#entry}+8}
    body=${front#\{\"body\":}
    [[ $front == '{"body":{'*'}' && $rest =~ $beside ]] ||
        fault "ligne ${number} : elle n'est pas du format v1, ou son contenu manque."
    salt=${BASH_REMATCH[1]}
    [[ $entry =~ $form ]] || fault "ligne ${number} : l'entrée n'est pas du format v1."
    set -- "${BASH_REMATCH[@]:1:8}"
    [ -z "$crisis" ] || [ "$crisis" = "$2" ] || fault "ligne ${number} : une autre crise."
    [ "$8" = "$number" ] || fault "ligne ${number} : elle porte le numéro $8."
    [ "$6" = "$head" ] || fault "ligne ${number} : la chaîne est rompue, une ligne a changé."
    [ "$({ bytes "$salt"; printf '%s' "$body"; } | sum)" = "$1" ] ||
        fault "ligne ${number} : le contenu n'est pas celui auquel la ligne s'engage."
    [[ ! $7 < $moment ]] || fault "ligne ${number} : l'heure est antérieure à la précédente."
    crisis=$2 moment=$7
    head=$(printf '%s' "$entry" | sum)
    [ "$number" != "$noted" ] || [ "$head" = "$noted_head" ] ||
        fault "ligne ${number} : elle n'a pas l'empreinte du point de contrôle."
}

path=${1:-$(dirname -- "$0")}
noted=0
noted_head=''
if [ $# -ge 2 ]; then
    checkpoint='^([1-9][0-9]*):([0-9a-f]{64})$'
    [[ $2 =~ $checkpoint ]] || usage "Le point de contrôle s'écrit NOMBRE:EMPREINTE."
    noted=${BASH_REMATCH[1]} noted_head=${BASH_REMATCH[2]}
fi
if [ -d "$path" ]; then
    cd -- "$path" || usage "Dossier illisible : $path"
    check_folder
    path=journal.jsonl
fi
[ -r "$path" ] || usage "Fichier illisible : $path"
case $path in *.zip) usage "Décompressez d'abord le lot." ;; esac

# bash cannot hold a NUL byte, and no line has a control character: they are looked for first.
[ "$(tr -dc '\000-\011\013-\037' <"$path" | wc -c)" -eq 0 ] ||
    fault 'le journal contient des octets de commande.'
while IFS= read -r line || { [ -n "$line" ] && fault 'la dernière ligne est coupée.'; }; do
    number=$((number + 1))
    check_line "$line"
done <"$path"
[ "$number" -gt 0 ] || fault 'le journal ne contient aucune entrée.'
[ "$number" -ge "$noted" ] || fault "le journal n'a que ${number} lignes : la fin a été coupée."

printf 'VÉRIFIÉ — crise %s, %s lignes, dernière empreinte :\n%s\n' "$crisis" "$number" "$head"
if [ "$noted" -gt 0 ]; then printf 'Point de contrôle : respecté\n'; else
    printf 'Point de contrôle : aucun donné\n'
fi
printf '\nCe que cela ne prouve pas :\n'
printf -- '- sans point de contrôle, que rien n'\''a été retiré à la fin, ni la dernière ligne changée ;\n'
printf -- '- que le journal n'\''a pas été réécrit en entier avant d'\''avoir été noté à l'\''extérieur ;\n'
printf -- '- que tout a été noté, ni que ce qui est noté est exact ;\n'
printf -- '- que l'\''écriture est canonique et signée : verifier.py le vérifie.\n'

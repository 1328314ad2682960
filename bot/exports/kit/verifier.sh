#!/usr/bin/env bash
# Vérificateur d'une main courante de Tocsin : bash, coreutils, et openssl s'il est là.
#
#     bash verifier.sh [DOSSIER | journal.jsonl] [POINT] [CERTIFICATS.pem]
#
# POINT is NUMBER:HASH, or a file with a signed note or that in it; '' for none.  CERTIFICATS are those of
# the stamping authority, from elsewhere; without them those of the bundle are taken.
# A line of the journal is {"body":B,"entry":E,"salt":"S","sig":G}, each written in its canonical
# form: E and B can therefore be cut out as text and hashed as they stand.  The cuts go to a
# temporary folder, where sha256sum and openssl read them; nothing else is written.
# Checked: the manifest, the form of E, one crisis, the numbers, the chain (SHA-256 of E), the
# contents (SHA-256 of the 32 bytes of S, then B), the times, the checkpoint, the erasures; with
# openssl, the signatures of the checkpoints and of the changes of key, and the time stamps.
# Not checked here, but by verifier.py: that B is canonical JSON in UTF-8, that the days exist, the
# signature of each line, a zip that is not unpacked.
case "${AGAIN-}${BASH_VERSION-}:${SHELLOPTS-}" in # started as « sh »: another shell, or half of bash
:* | *posix*) AGAIN=1 && export AGAIN && exec bash "$0" "$@" ;;
esac
set -u
export LC_ALL=C

usage() {
    printf 'Usage : bash verifier.sh [DOSSIER | journal.jsonl] [POINT] [CERTIFICATS.pem]\n%s\n' "$1"
    exit 2
}

fault() {
    printf 'NON VÉRIFIÉ — %s\n' "$1"
    exit 1
}

hashes() { # SHA-256 of each of these files, one a line
    if command -v sha256sum >/dev/null; then sha256sum -- "$@"; else shasum -a 256 -- "$@"; fi
}

bytes() { # the bytes that these hexadecimal digits write
    local hex=$1 escaped='' at
    for ((at = 0; at < ${#hex}; at += 2)); do escaped+="\\x${hex:at:2}"; done
    printf "$escaped"
}

unbase64() { base64 -d 2>/dev/null || base64 -D; }

# ---- the folder ----------------------------------------------------------------------------------

check_folder() { # every file is in the manifest, once, with its hash
    local line file listed=' ' names=() wanted=() at=0 met=0
    local form='^([0-9a-f]{64})  ([A-Za-z0-9./-]+)$'
    [ -f manifest.sha256 ] || fault 'manifest.sha256 manque.'
    while IFS= read -r line || [ -n "$line" ]; do
        [[ $line =~ $form ]] || fault 'le manifeste est illisible.'
        file=${BASH_REMATCH[2]}
        [[ $listed != *" $file "* ]] || fault "le manifeste donne deux fois $file."
        [ -f "$file" ] || fault "$file manque."
        wanted+=("${BASH_REMATCH[1]}") names+=("$file")
        listed+="$file "
    done <manifest.sha256
    [[ $listed == *' journal.jsonl '* && $listed == *' LISEZMOI.txt '* ]] ||
        fault 'il manque journal.jsonl ou LISEZMOI.txt.'
    while read -r line _; do
        [ "$line" = "${wanted[at]}" ] || fault "${names[at]} n'a pas l'empreinte du manifeste."
        at=$((at + 1))
    done < <(hashes "${names[@]}")
    shopt -s nullglob dotglob
    for file in * vues/* pieces/* points-de-controle/* jetons/*; do
        case $file in
        manifest.sha256) continue ;;
        journal.jsonl | LISEZMOI.txt | A-LIRE.html | verifier.py | verifier.sh | cles.txt) ;;
        vues | pieces | points-de-controle | jetons) [ -d "$file" ] && continue ;;
        vues/* | pieces/* | points-de-controle/* | jetons/*) ;;
        *) fault "$(printf '%q' "$file") n'est pas du lot." ;;
        esac
        [[ $listed == *" $file "* ]] ||
            fault "$(printf '%q' "$file") n'est pas dans le manifeste."
        met=$((met + 1))
    done
    [ "$met" -eq "${#names[@]}" ] || fault "le manifeste nomme un fichier hors du lot."
}

# ---- the lines: their form first, so many at a time, then their hashes -----------------------------

text='"([^"\\]|\\.)+"'
time='"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"'
form='^\{"body":"([0-9a-f]{64})","crisis":('$text'),"event_time":(null|'$time'),"kind":('$text'),'
form+='"prev":"([0-9a-f]{64})","record_time":('$time'),"seq":([1-9][0-9]*),'
form+='"slack_ts":(null|""|'$text'),"v":1\}$'
# Groups: 1 body, 2 crisis, 3 (inner), 4 event_time, 5 kind, 6 (inner), 7 prev, 8 record_time, 9 seq.
beside='^(null|"([0-9a-f]{64})"),"sig":(null|'$text')\}$'
AT_ONCE=200
LONGEST=16777216 # bytes of a line

noted=0 noted_head='' folder=0 certificates=''

read=0 # bytes
number=0 # lines whose form was seen
settled=0 # lines whose hashes were compared
head=0000000000000000000000000000000000000000000000000000000000000000
crisis=''
moment=''
files=() kept=() bodies=() signatures=()

keep_line() { # the form of one line, and what its hashes will be compared with
    local line=$1 front rest entry salt body at
    [ "${#line}" -lt "$LONGEST" ] || badly_formed 'elle est démesurée'
    # To cut at what is not there takes bash minutes on a long line: it is looked for first.
    [[ $line == *',"entry":'* ]] || badly_formed "elle n'est pas du format v1"
    # The entry holds no object and its texts no bare quote: the last « ,"entry": » is its own.
    front=${line%,\"entry\":*}
    rest=${line:${#front}+9}
    [[ $rest == *',"salt":'* ]] || badly_formed "elle n'est pas du format v1"
    entry=${rest%%,\"salt\":*}
    rest=${rest:${#entry}+8}
    body=${front#\{\"body\":}
    [[ $rest =~ $beside && $front == '{"body":'* ]] || badly_formed "elle n'est pas du format v1"
    salt=${BASH_REMATCH[2]}
    signatures[number]=${BASH_REMATCH[3]//\"/}
    [[ $entry =~ $form ]] || badly_formed "l'entrée n'est pas du format v1"
    set -- "${BASH_REMATCH[@]:1:9}"
    at=$((number % AT_ONCE))
    if [ "$body" = null ] && [ -z "$salt" ]; then
        kept[number]="- $2 $5 $7 $8 $9"
    elif [[ $body == '{'*'}' && -n $salt ]]; then
        kept[number]="$1 $2 $5 $7 $8 $9"
        { bytes "$salt"; printf '%s' "$body"; } >"$work/b$at"
        files+=("$work/b$at")
    else
        badly_formed 'le contenu ou son sel manque'
    fi
    case $5 in '"lines_erased"' | '"checkpoint_sealed"' | '"key_rotated"' | '"anchor_received"')
        bodies[number]=$body ;;
    esac
    printf '%s' "$entry" >"$work/e$at"
    files+=("$work/e$at")
}

badly_formed() { # what the lines before this one have to say comes first
    local at=$number
    number=$((number - 1))
    settle
    fault "ligne $at : $1."
}

settle() { # compare the hashes of the lines kept so far, each with the line before it
    local sums=() sum rest at=0
    [ "$settled" -lt "$number" ] || return 0
    while read -r sum rest; do sums+=("$sum"); done < <(hashes "${files[@]}")
    while [ "$settled" -lt "$number" ]; do
        settled=$((settled + 1))
        if [[ ${kept[settled]} == '- '* ]]; then
            compare "$settled" '-' "${sums[at]}"
            at=$((at + 1))
        else
            compare "$settled" "${sums[at]}" "${sums[at + 1]}"
            at=$((at + 2))
        fi
    done
    files=() kept=() bodies=() signatures=()
}

fields='^(-|[0-9a-f]{64}) ('$text') ('$text') ([0-9a-f]{64}) ('$time') ([0-9]+)$'
# Groups: 1 body, 2 crisis, 4 kind, 6 prev, 7 record_time, 8 seq.

compare() { # line, hash of its content, hash of its entry
    local n=$1 content=$2 entry=$3 before=$head
    [[ ${kept[n]} =~ $fields ]] || fault "ligne $n : elle n'est pas du format v1."
    set -- "${BASH_REMATCH[@]:1:8}"
    [ -z "$crisis" ] || [ "$crisis" = "$2" ] || fault "ligne $n : une autre crise."
    [ "$8" = "$n" ] || fault "ligne $n : elle porte le numéro $8."
    [ "$6" = "$head" ] || fault "ligne $n : la chaîne est rompue, une ligne a changé."
    [ "$1" = "$content" ] || fault "ligne $n : le contenu n'est pas celui auquel la ligne s'engage."
    [ "$1" != - ] || empty "$n" "$4"
    [[ ! $7 < $moment ]] || fault "ligne $n : l'heure est antérieure à la précédente."
    crisis=$2 moment=$7 head=$entry
    [ "$n" != "$noted" ] || [ "$head" = "$noted_head" ] ||
        fault "ligne $n : elle n'a pas l'empreinte du point de contrôle."
    case $4 in
    '"lines_erased"') said_erasure "$n" ;;
    '"checkpoint_sealed"') said_checkpoint "$n" "$before" ;;
    '"key_rotated"') said_rotation "$n" ;;
    '"anchor_received"') said_anchor "$n" ;;
    esac
}

# ---- what the journal says of itself ---------------------------------------------------------------

hollow=() erased='' sealed=() notes=()
checkpoints=0 tokens=0 vouched=0 key='' openssl=''

openssl_is_here() { # one that knows Ed25519; LibreSSL and the older ones do not
    if [ -z "$openssl" ]; then
        openssl=0
        openssl pkeyutl -help 2>&1 | grep -q -- -rawin && openssl=1
    fi
    [ "$openssl" = 1 ]
}

empty() { # a line without its body, of a kind that may go
    case $2 in
    '"briefing_raised"' | '"drill_paced"' | '"drill_started"' | '"handover_'* | '"holder_'* | \
        '"inject_'* | \
        '"anchor_'* | '"channel_opened"' | '"checkpoint_sealed"' | '"clock_behind"' | '"crisis_opened"' | \
        '"erasure_'* | '"export_made"' | '"gap_'* | '"journal_consulted"' | '"key_rotated"' | \
        '"lines_erased"' | '"verification_made"' | \
        '"member_'* | '"plan_adopted"' | '"question_answered"' | '"reminder_raised"' | '"role_'* | \
        '"step_assigned"' | '"step_taken"')
        fault "ligne $1 : son contenu manque et une ligne de cette nature ne s'efface pas." ;;
    esac
    hollow[$1]=$2
}

said_erasure() { # it names lines before it, of the kind that they are
    local rest=${bodies[$1]} line
    local named='"kind":('$text'),"role":(""|'$text'),"seq":([1-9][0-9]*)\}'
    while [[ $rest =~ $named ]]; do
        rest=${rest#*"${BASH_REMATCH[0]}"} line=${BASH_REMATCH[5]}
        [ "${hollow[line]-}" = "${BASH_REMATCH[1]}" ] || continue
        unset "hollow[line]"
        erased+=" $line (par la ligne $1)"
    done
}

field() { # the text of this field of a body, as it is written
    local found='"'$2'":"(([^"\\]|\\.)*)"'
    [[ $1 =~ $found ]] && printf '%s' "${BASH_REMATCH[1]}"
}

number_of() { # the number of this field
    local found='"'$2'":([0-9]+)[,}]'
    [[ $1 =~ $found ]] && printf '%s' "${BASH_REMATCH[1]}"
}

same_key() { # the key of the journal at this line; the first one named is so from line 1
    [ -n "$key" ] || key=$2
    [ "$key" = "$2" ] || fault "ligne $1 : la clé nommée n'est pas celle du journal."
}

signed_by() { # whether this key (name+id+base64) signed $work/text; the signature is in $work/sig
    local code=${1#*+} # the name has no « + », the base64 may have one
    openssl_is_here || return 0
    { # the 12 bytes that announce an Ed25519 key, then its 32
        printf -- '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA'
        printf '%s' "${code#*+}" | unbase64 | tail -c 32 | base64
        printf -- '-----END PUBLIC KEY-----\n'
    } >"$work/pem"
    openssl pkeyutl -verify -pubin -inkey "$work/pem" -rawin -in "$work/text" \
        -sigfile "$work/sig" >/dev/null 2>&1
}

said_checkpoint() { # it says what the lines before it are, and is signed with the key
    local body=${bodies[$1]} size said note name start
    size=$(number_of "$body" size) said=$(field "$body" head) name=$(field "$body" key)
    note=$(field "$body" note) note=${note//\\n/$'\n'}
    start="${name%%+*}/${crisis//\"/}"$'\n'"$size"$'\n'"$(bytes "$said" | base64)"
    [ "$size" = $(($1 - 1)) ] && [ "$said" = "$2" ] &&
        [[ $note == "$start"$'\n\n— '"${name%%+*} "* ]] ||
        fault "ligne $1 : ce point de contrôle ne dit pas ce que sont les lignes avant lui."
    same_key "$1" "$name"
    printf '%s\n' "$start" >"$work/text"
    note=${note%$'\n'}
    printf '%s' "${note##* }" | unbase64 | tail -c +5 >"$work/sig"
    signed_by "$name" || fault "ligne $1 : la signature du point de contrôle n'est pas la bonne."
    sealed[size]=$said notes[size]=$note checkpoints=$((checkpoints + 1))
    copied "$(printf 'points-de-controle/%07d.note' "$size")" <<<"$note"
}

said_rotation() { # a change of key is signed with the key before, or says that it is lost
    local body=${bodies[$1]} signer
    signer=$(field "$body" old)
    same_key "$1" "$signer"
    [[ $body != *'"lost":true'* ]] || signer=$(field "$body" new)
    printf 'tocsin-entry-v1\n%s' "$head" >"$work/text"
    printf '%s' "${signatures[$1]}" | unbase64 >"$work/sig"
    signed_by "$signer" || fault "ligne $1 : ce changement de clé n'est pas signé comme il faut."
    key=$(field "$body" new)
}

copied() { # what the bundle copies from the journal says the same as the journal
    [ "$folder" = 0 ] || [ ! -e "$1" ] || cmp -s "$1" - ||
        fault "$1 ne dit pas la même chose que le journal."
}

said_anchor() { # a receipt bears on a checkpoint; a token is one of openssl's business
    local body=${bodies[$1]} size
    size=$(number_of "$body" size)
    [ -n "${sealed[size]-}" ] && [ "${sealed[size]}" = "$(field "$body" head)" ] ||
        fault "ligne $1 : ce dépôt porte sur un point de contrôle que le journal n'a pas."
    [[ $body == *'"kind":"rfc3161"'* ]] || return 0
    tokens=$((tokens + 1))
    field "$body" receipt | unbase64 >"$work/token"
    copied "$(printf 'jetons/%07d-%07d.tsr' "$size" "$1")" <"$work/token"
    [ -n "$certificates" ] && openssl_is_here || return 0
    printf '%s\n' "${notes[size]}" >"$work/note"
    stamped || fault "ligne $1 : openssl refuse ce jeton avec les certificats donnés."
    vouched=$((vouched + 1))
}

stamped() { # whether openssl takes the token, its certificates judged at its own time
    local alone='' when
    when=$(openssl ts -reply -in "$work/token" -text 2>/dev/null) ||
        { alone=-token_in && when=$(openssl ts -reply -in "$work/token" -token_in -token_out -text 2>/dev/null); }
    when=$(sed -n 's/^Time stamp: \([A-Z].*[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\)[.0-9]* \(.*\)/\1 \2/p' <<<"$when")
    when=$(date -u -d "$when" +%s 2>/dev/null || date -j -u -f '%b %e %T %Y %Z' "$when" +%s)
    openssl ts -verify -in "$work/token" $alone -data "$work/note" -attime "$when" \
        -CAfile "$certificates" -untrusted "$certificates" >/dev/null 2>&1
}

# ---- the run -------------------------------------------------------------------------------------

typed_point() { # whether NUMBER:HASH stands in this text, alone or between other words
    local typed='(^|[^A-Za-z0-9_+/=])([1-9][0-9]*):([0-9a-fA-F]{64})($|[^A-Za-z0-9_+/=])'
    [ "$noted" = 0 ] && [[ $1 =~ $typed ]] || return 1
    noted=${BASH_REMATCH[2]} noted_head=$(printf '%s' "${BASH_REMATCH[3]}" | tr A-F a-f)
}

read_point() { # NUMBER:HASH, or the first signed note in a file, or NUMBER:HASH in it
    local line one='' two=''
    if [ ! -e "$1" ] && typed_point "$1"; then
        return
    elif [ -r "$1" ]; then
        while IFS= read -r line || [ -n "$line" ]; do
            line=${line%$'\r'}
            if [[ -n $one && $two =~ ^[1-9][0-9]*$ && $line =~ ^[A-Za-z0-9+/]{43}=$ ]]; then
                noted=$two
                noted_head=$(printf '%s' "$line" | unbase64 | od -An -v -tx1 | tr -d ' \n')
                return
            fi
            typed_point "$line"
            one=$two two=$line
        done <"$1"
    fi
    [ "$noted" != 0 ] || usage "Le point de contrôle s'écrit NOMBRE:EMPREINTE, ou est une note."
}

main() {
    local path line
    path=${1:-$(dirname -- "$0")}
    [ -z "${2-}" ] || read_point "$2"
    [ -z "${3-}" ] || certificates=$(cd -- "$(dirname -- "$3")" && pwd)/$(basename -- "$3")
    [ -z "${3-}" ] || [ -r "$3" ] || usage "Fichier illisible : $3"
    work=$(mktemp -d) || usage 'Pas de dossier temporaire.'
    trap 'rm -rf -- "$work"' EXIT
    if [ -d "$path" ]; then
        cd -- "$path" || usage "Dossier illisible : $path"
        folder=1
        check_folder
        if [ -z "$certificates" ] && [ -f jetons/certificats.pem ]; then
            certificates=jetons/certificats.pem
        fi
        path=journal.jsonl
    fi
    [ -r "$path" ] || usage "Fichier illisible : $path"
    case $path in *.zip) usage "Décompressez d'abord le lot." ;; esac

    while IFS= read -r line || { [ -n "$line" ] && { settle; fault 'la dernière ligne est coupée.'; }; }; do
        number=$((number + 1)) read=$((read + ${#line} + 1))
        [[ $line != *[$'\001'-$'\037']* ]] || badly_formed 'elle contient un octet de commande'
        keep_line "$line"
        [ $((number - settled)) -lt "$AT_ONCE" ] || settle
    done <"$path"
    settle
    # bash cannot hold a NUL byte: it would read past one, and the count then falls short.
    [ "$read" -eq "$(wc -c <"$path")" ] || fault 'le journal contient des octets nuls.'
    [ "$number" -gt 0 ] || fault 'le journal ne contient aucune entrée.'
    [ "$number" -ge "$noted" ] || fault "le journal n'a que ${number} lignes : la fin a été coupée."
    if [ "${#hollow[@]}" -gt 0 ]; then
        for line in "${!hollow[@]}"; do
            fault "ligne $line : son contenu manque et aucune ligne ne l'a effacé."
        done
    fi
    say
}

say() { # what was found in a journal that holds
    printf 'VÉRIFIÉ — crise %s, %s lignes, dernière empreinte :\n%s\n' "$crisis" "$number" "$head"
    if [ "$noted" -gt 0 ]; then printf 'Point de contrôle : respecté\n'; else
        printf 'Point de contrôle : aucun donné\n'
    fi
    printf 'Lignes effacées régulièrement :%s\n' "${erased:- aucune}"
    if [ "$checkpoints" = 0 ] || openssl_is_here; then
        printf 'Points de contrôle du journal, signés : %s\n' "$checkpoints"
    else
        printf 'Points de contrôle du journal : %s, signatures non vérifiées (openssl 3 manque)\n' \
            "$checkpoints"
    fi
    [ -z "$key" ] || printf 'Clé à la dernière ligne, à comparer avec celle notée ailleurs :\n%q\n' "$key"
    [ "$tokens" -eq 0 ] ||
        printf 'Horodatages : %s, dont %s vérifiés par openssl\n' "$tokens" "$vouched"
    [ "$certificates" != jetons/certificats.pem ] ||
        printf 'Certificats : ceux du lot, à comparer avec ceux que publie l'\''autorité\n'
    printf '\nCe que cela ne prouve pas :\n'
    printf -- '- sans point de contrôle, que rien n'\''a été retiré à la fin, ni la dernière ligne changée ;\n'
    printf -- '- que le journal n'\''a pas été réécrit en entier avant d'\''avoir été noté à l'\''extérieur ;\n'
    printf -- '- que tout a été noté, ni que ce qui est noté est exact ;\n'
    printf -- '- qu'\''une vue ou la notice dit la même chose que le journal, qui seul compte ;\n'
    printf -- '- que l'\''écriture est canonique et chaque ligne signée : verifier.py le vérifie.\n'
}

# Sourced by another script, it defines its functions and waits.
[ "${BASH_SOURCE[0]}" != "$0" ] || main "$@"

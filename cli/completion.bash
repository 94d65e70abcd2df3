# Completion for mmapbench in bash 4 or newer, with bash-completion and without:
#
#   source <(mmapbench completion bash)
#
# readline replaces what stands behind the last character of COMP_WORDBREAKS, which
# has ":" and "=", and not the whole word: candidates for "mmap:advise=ra" must begin
# behind the "=". So the line is divided here, at blanks alone, with a note of where
# readline takes the last word to begin.
_mmapbench() {
  local line=${COMP_LINE:0:COMP_POINT} words=() word= began= quote= redirected= cut=0 i c
  COMPREPLY=()
  for ((i = 0; i < ${#line}; i++)); do
    c=${line:i:1}
    if [[ -n $quote && $c == "$quote" ]]; then
      quote=
    elif [[ -n $quote ]]; then
      word+=$c
    elif [[ $c == [\"\'] ]]; then
      quote=$c began=1 cut=${#word}
    elif [[ $c == \\ ]]; then
      ((++i))
      word+=${line:i:1} began=1
    elif [[ $c == [[:space:]\<\>] ]]; then
      if [[ -n $began && -z $redirected ]]; then words+=("$word"); fi
      if [[ -n $began ]]; then redirected=; fi
      if [[ $c == [\<\>] ]]; then redirected=1; fi
      word= began= cut=0
    else
      word+=$c began=1
      if [[ $COMP_WORDBREAKS == *"$c"* ]]; then cut=${#word}; fi
    fi
  done
  if [[ -n $redirected ]]; then return; fi # the name of a file, as bash completes it

  local out directive
  out=$("${words[0]/#\~/$HOME}" __complete "${words[@]:1}" "$word" 2>/dev/null) || return
  directive=${out##*:}
  out=${out%:*}
  # The bits are those of cobra's ShellCompDirective.
  if ((directive & 1)); then return; fi
  if ((directive & 2)); then compopt -o nospace; fi
  if ((directive & 4)); then compopt +o default; fi

  # Of --flag=value the candidates are values.
  if [[ $word == -*=* ]]; then
    c=${word%%=*}=
    word=${word#"$c"}
    cut=$((cut > ${#c} ? cut - ${#c} : 0))
  fi

  local candidates=() about=() longest=0 value text
  while IFS=$'\t' read -r value text; do
    if [[ -z $value || $value != "$word"* ]]; then continue; fi
    value=${value:cut}
    if [[ -z $quote && $value == *[[:space:]\'\"\\\$\`\;\&\|\<\>\(\)*?!#]* ]]; then printf -v value %q "$value"; fi
    candidates+=("$value") about+=("$text")
    if ((${#value} > longest)); then longest=${#value}; fi
  done <<<"$out"
  COMPREPLY=("${candidates[@]}")
  if ((${#candidates[@]} < 2)) || [[ $COMP_TYPE == 37 || $COMP_TYPE == 42 ]]; then return; fi
  # Several are listed, so that there is room for what they are.
  for ((i = 0; i < ${#candidates[@]}; i++)); do
    if [[ -n ${about[i]} ]]; then printf -v 'COMPREPLY[i]' '%-*s  (%s)' "$longest" "${candidates[i]}" "${about[i]}"; fi
  done
}

complete -o default -F _mmapbench mmapbench

# Runs shell lines and writes the argument lists that bash makes of them.
#   record_commands.bash NAMES LINES
# NAMES holds program names, LINES pairs of an exit status and a line, all ended by NUL. For
# each line comes the field `line`, then for each command that it runs the number of its
# arguments and the arguments, all ended by NUL; the field `end` comes last. Every command
# ends with the status of its line. Programs and builtins are functions here, so that no line
# runs anything else; only `eval` and `printf` are still themselves.
exec 9>&1 > /dev/null
mapfile -d '' -t wilk_names < "$1"
mapfile -d '' -t wilk_lines < "$2"
mapfile -t wilk_builtins < <(compgen -b)
shopt -s extglob nullglob # a wildcard that is not quoted never stays what it is

function wilk_record {
  printf '%s\0' "$#" "$@" >&9
  ((wilk_status == 0))
}

function command_not_found_handle { wilk_record "$@"; }

for wilk_name in "${wilk_builtins[@]}" "${wilk_names[@]}"; do
  case $wilk_name in
    eval | printf) ;;
    *) eval "function $wilk_name { wilk_record \"\$FUNCNAME\" \"\$@\"; }" ;;
  esac
done

for ((wilk_at = 0; wilk_at < ${#wilk_lines[@]}; wilk_at += 2)); do
  wilk_status=${wilk_lines[wilk_at]}
  printf 'line\0' >&9
  eval -- "${wilk_lines[wilk_at + 1]}"
done
printf 'end\0' >&9

#!/usr/bin/env bash
# What action.yml runs: fetches rtkmock, unless the runner has it, and judges a
# receiver. The inputs come in variables, so no value becomes a part of a script.
# It also has to run under bash 3.2, which macOS has.
set -euo pipefail

readonly exit_usage=2 exit_harness=4

main() {
  local version platform arch exe=
  read_inputs
  read_runner
  local home="$RUNNER_TOOL_CACHE/rtkmock/$version/$arch"
  # The form of the tool cache: a folder is complete if a file beside it says so.
  [ -f "$home.complete" ] || install_release
  printf '%s\n' "$home" >>"$GITHUB_PATH" # for later steps
  export PATH="$home:$PATH"             # for the command
  "$home/rtkmock$exe" version || fail "$exit_harness" "rtkmock $version does not run on this machine"
  [ "$INPUT_SETUP_ONLY" = true ] || judge
}

# fail CODE TEXT: ends with an annotation.
fail() {
  local text="${2//'%'/%25}"
  text="${text//$'\r'/%0D}"
  printf '::error title=rtkmock::%s\n' "${text//$'\n'/%0A}"
  exit "$1"
}

read_inputs() {
  version="${INPUT_VERSION#v}"
  [[ "$version" =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] ||
    fail "$exit_usage" "version: found \"$INPUT_VERSION\", want the number of a release, such as 0.9.0"
  case "$INPUT_SETUP_ONLY" in
  true) ;;
  # Without both, rtkmock would judge the receiver that is built in.
  false) [ -n "$INPUT_URL" ] || fail "$exit_usage" "url: found nothing, want the URL of your receiver, such as http://localhost:3000/webhook" ;;
  *) fail "$exit_usage" "setup-only: found \"$INPUT_SETUP_ONLY\", want true or false" ;;
  esac
  [ -d "$INPUT_WORKING_DIRECTORY" ] ||
    fail "$exit_usage" "working-directory: found \"$INPUT_WORKING_DIRECTORY\", want a folder that exists"
}

read_runner() {
  case "$RUNNER_OS" in
  Linux) platform=linux ;;
  macOS) platform=darwin ;;
  Windows) platform=windows exe=.exe ;;
  *) fail "$exit_usage" "there is no rtkmock for the system \"$RUNNER_OS\", want a runner with Linux, macOS or Windows" ;;
  esac
  case "$RUNNER_ARCH" in
  X64) arch=amd64 ;;
  ARM64) arch=arm64 ;;
  X86) arch=386 ;;
  *) fail "$exit_usage" "there is no rtkmock for the processor \"$RUNNER_ARCH\", want X64, ARM64 or X86" ;;
  esac
}

# install_release puts the release into $home. Nothing is unpacked before the
# checksum of the archive was found right.
install_release() {
  local from="${INPUT_DOWNLOAD_URL:-$GITHUB_SERVER_URL/$ACTION_REPOSITORY/releases/download/v$version}"
  local name="rtkmock_${version}_${platform}_${arch}" temp
  [ "$platform" = windows ] && name="$name.zip" || name="$name.tar.gz"
  temp=$(mktemp -d "$RUNNER_TEMP/rtkmock-install.XXXXXX")
  printf 'Fetching %s\n' "${from%/}/$name"
  fetch "${from%/}/checksums.txt" "$temp/checksums.txt"
  local want got
  want=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1; exit }' "$temp/checksums.txt")
  [ -n "$want" ] || fail "$exit_harness" "${from%/}/checksums.txt does not name $name"
  fetch "${from%/}/$name" "$temp/$name"
  got=$(sha256 "$temp/$name")
  [ "$got" = "$want" ] || fail "$exit_harness" "$name: found the SHA-256 checksum $got, want $want as checksums.txt has it"
  mkdir "$temp/unpacked"
  unpack "$temp/$name" "$temp/unpacked" || fail "$exit_harness" "$name cannot be unpacked"
  [ -f "$temp/unpacked/rtkmock$exe" ] || fail "$exit_harness" "$name holds no rtkmock$exe"
  rm -rf "$home"
  mkdir -p "$(dirname "$home")"
  mv "$temp/unpacked" "$home"
  : >"$home.complete"
  rm -rf "$temp"
}

# fetch URL FILE
fetch() {
  curl --fail --silent --show-error --location --proto '=https,http,file' --proto-redir '=https' \
    --retry 3 --connect-timeout 20 --max-time 300 --max-filesize 104857600 --output "$2" "$1" ||
    fail "$exit_harness" "$1 cannot be fetched"
}

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -d ' ' -f 1
}

# unpack ARCHIVE FOLDER
unpack() {
  case "$1" in
  *.zip) unzip -q "$1" -d "$2" ;;
  *) tar -xzf "$1" -C "$2" ;;
  esac
}

# judge runs rtkmock, and ends with its exit code.
judge() {
  local reports flags=() command=() flag
  reports=$(mktemp -d "$RUNNER_TEMP/rtkmock.XXXXXX")
  if [[ "$INPUT_ARGS" =~ [^[:space:]] ]]; then
    # xargs knows quotes, and expands nothing.
    printf '%s' "$INPUT_ARGS" | xargs printf '%s\0' >"$reports/flags" ||
      fail "$exit_usage" "args: a quote has no end in $INPUT_ARGS"
    while IFS= read -r -d '' flag; do flags+=("$flag"); done <"$reports/flags"
    rm "$reports/flags"
  fi
  [[ ! "$INPUT_COMMAND" =~ [^[:space:]] ]] || command=(-- bash -e -c "$INPUT_COMMAND")
  cd "$INPUT_WORKING_DIRECTORY"

  # What the receiver makes rtkmock print must not be taken for commands to the
  # runner. The annotations come after that.
  local token code
  token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '::stop-commands::%s\n' "$token"
  run "$home/rtkmock$exe" test "$INPUT_URL" --progress none ${flags[@]+"${flags[@]}"} \
    --report "json=$reports/report.json" --report "html=$reports/report.html" --report "junit=$reports/junit.xml" \
    --report "github=$reports/annotations" ${command[@]+"${command[@]}"} && code=0 || code=$?
  printf '::%s::\n' "$token"
  [ ! -f "$reports/annotations" ] || cat "$reports/annotations"
  rm -f "$reports/annotations"
  write_outputs
  exit "$code"
}

# run COMMAND: the runner signals this shell alone, so signals are passed on.
run() {
  local pid code signalled=
  "$@" &
  pid=$!
  trap 'signalled=true; kill -TERM "$pid" 2>/dev/null || true' INT TERM
  wait "$pid" && code=0 || code=$?
  while [ -n "$signalled" ]; do # the signal has ended the wait, and not the command
    signalled=
    wait "$pid" && code=0 || code=$?
  done
  trap - INT TERM
  return "$code"
}

write_outputs() {
  local verdict report=
  case "$code" in
  0) verdict=conformant ;;
  1) verdict=nonconformant ;;
  3) verdict=inconclusive ;;
  5) verdict=nothing ;;
  130) verdict=interrupted ;;
  *) verdict=error ;;
  esac
  [ ! -f "$reports/report.json" ] || report="$reports/report.json"
  {
    printf 'verdict=%s\n' "$verdict"
    printf 'exit-code=%s\n' "$code"
    printf 'report=%s\n' "$report"
    printf 'reports=%s\n' "$reports"
  } >>"$GITHUB_OUTPUT"
}

main

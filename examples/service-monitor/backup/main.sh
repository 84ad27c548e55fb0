#!/bin/sh
# A service that is a loop in a shell, with curl: it serves nothing and is not registered. Who runs it tells when it ends.
parent=$PPID

send() { # until the monitor has taken it
  until curl -sf -o /dev/null -m 60 -H 'Content-Type: application/json' -d "$2" "$MONITOR_URL$1"; do
    kill -0 "$parent" 2>/dev/null || exit 1
    sleep 0.2
  done
}

trap 'exit 0' TERM
for step in ${STEPS:-rest}; do
  value=${step#*:}
  case $step in
    trigger:*) send /triggers "{\"service\":\"backup\",\"instance\":\"$INSTANCE\",\"trigger\":\"$value\"}" ;;
    notify:*) send /notify "{\"service\":\"backup\",\"severity\":\"$value\",\"title\":\"Backup is about to end\"}" ;;
    log:*) printf '{"level":"%s","service":"backup","message":"a copy by script"}\n' "$value" ;;
    wait:*) sleep "$(awk "BEGIN { print $value / 1000 }")" ;;
    kill) kill -9 $$ ;;
    exit:*) exit "$value" ;;
    rest) while kill -0 "$parent" 2>/dev/null; do sleep 0.5; done ;;
  esac
  kill -0 "$parent" 2>/dev/null || exit 1
done

# Builds the jar of this folder when its sources have changed and runs one of its classes; sourced by the commands here.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
out=$root/.puna-build
. "$root/.mvn/jdk.sh"
find_jdk || {
  explain_jdk
  exit 2
}

# One line that changes when anything does that the jar is made of.
bench_sources() {
  (cd "$root" && find pom.xml engine/pom.xml engine/src/main bench/pom.xml bench/src/main -type f -exec cksum {} + \
    | LC_ALL=C sort | cksum)
}

# start CLASS ARGUMENT...
start() {
  local class=$1 state plugins=org.apache.maven.plugins
  shift
  state=$(bench_sources)
  if [ ! -f "$out/bench.jar" ] || [ "$(cat "$out/bench-sources" 2>/dev/null)" != "$state" ]; then
    mkdir -p "$out"
    (
      ! command -v flock >/dev/null || flock 9
      cd "$root"
      ./mvnw -q -B -Plauncher -pl engine,bench "$plugins:maven-resources-plugin:resources" \
        "$plugins:maven-compiler-plugin:compile" "$plugins:maven-jar-plugin:jar" \
        "$plugins:maven-shade-plugin:shade@runnable" >&2
      mv -f "$out/puna-bench/bench.jar" "$out/bench.jar"
      echo "$state" >"$out/bench-sources"
    ) 9>>"$out/lock" </dev/null
  fi
  exec "$jdk_home/bin/java" -XX:+UseSerialGC -XX:-UsePerfData --add-modules jdk.incubator.vector \
    --enable-native-access=ALL-UNNAMED -cp "$out/bench.jar" "$class" "$@" \
    2> >(grep -v '^WARNING: Using incubator modules' >&2)
}

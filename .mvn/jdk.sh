# Finds a JDK of release 25 or newer without starting any: a JDK's file `release` tells its version.
# For bash 3.2 and later; sourced by ./mvnw and ./puna. Afterwards, where find_jdk succeeded, jdk_home is set.

jdk_least=25
jdk_home=
jdk_seen=

# jdk_look HOME: reads HOME/release into jdk_version (major number) and jdk_fault (why it will not do, or nothing).
jdk_look() {
  local line
  jdk_version='' jdk_fault=''
  if [ ! -r "$1/release" ]; then
    jdk_fault='not a JDK'
    return 1
  fi
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      JAVA_VERSION=*)
        jdk_version=${line#*=}
        jdk_version=${jdk_version//[\"$'\r']/}
        jdk_version=${jdk_version%%[!0-9]*}
        ;;
      MODULES=*)
        case $line in
          *jdk.incubator.vector*) ;;
          *) jdk_fault='a runtime image without all modules' ;;
        esac
        ;;
    esac
  done <"$1/release"
  if [ -z "$jdk_version" ]; then
    jdk_fault='not a JDK'
  elif [ "$jdk_version" -lt "$jdk_least" ]; then
    jdk_fault="Java $jdk_version"
  elif [ ! -x "$1/bin/java" ] || [ ! -x "$1/bin/javac" ]; then
    jdk_fault="Java $jdk_version without a compiler (a JRE)"
  fi
  if [ -n "$jdk_fault" ]; then
    case $jdk_seen in
      *": $1"$'\n'*) ;;
      *) [ -z "$jdk_version" ] || jdk_seen="$jdk_seen    $jdk_fault: $1"$'\n' ;;
    esac
    return 1
  fi
}

# jdk_of COMMAND: sets jdk_found to the home of the program that COMMAND on PATH comes to, links followed.
jdk_of() {
  local program link
  program=$(command -v "$1") || return 1
  while [ -L "$program" ]; do
    link=$(readlink "$program") || return 1
    case $link in
      /*) program=$link ;;
      *) program=${program%/*}/$link ;;
    esac
  done
  jdk_found=${program%/bin/*}
}

jdk_take() {
  jdk_home=$(cd "$1" && pwd -P)
}

# The first that will do: PUNA_JAVA_HOME, JAVA_HOME, javac and java on PATH, then the usual places. Of the last,
# release 25 before any newer one: it is the release that Puna is tested with.
find_jdk() {
  local home data newest='' newest_version=0 IFS=$' \t\n'

  if [ -n "${PUNA_JAVA_HOME:-}" ]; then
    if jdk_look "$PUNA_JAVA_HOME"; then
      jdk_take "$PUNA_JAVA_HOME"
      return 0
    fi
    echo "puna: PUNA_JAVA_HOME=$PUNA_JAVA_HOME is no JDK $jdk_least or newer ($jdk_fault): looking elsewhere" >&2
  fi
  if [ -n "${JAVA_HOME:-}" ] && jdk_look "$JAVA_HOME"; then
    jdk_take "$JAVA_HOME"
    return 0
  fi
  for home in javac java; do
    if jdk_of "$home" && jdk_look "$jdk_found"; then
      jdk_take "$jdk_found"
      return 0
    fi
  done

  home=${HOME:-/nonexistent}
  data=${XDG_DATA_HOME:-$home/.local/share}
  for home in \
    /usr/lib/jvm/* /usr/lib64/jvm/* /usr/lib32/jvm/* /usr/java/* \
    /opt/java/* /opt/jdk* /opt/java* /opt/openjdk* /opt/*/jdk* \
    /usr/local/jdk* /usr/local/java* /usr/local/openjdk* /usr/local/lib/jvm/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home "$home"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    {/opt/homebrew,/usr/local,/home/linuxbrew/.linuxbrew}/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    {/opt/homebrew,/usr/local,/home/linuxbrew/.linuxbrew}/opt/openjdk*/libexec \
    "${SDKMAN_DIR:-$home/.sdkman}"/candidates/java/* \
    "$home"/.jdks/* "$home"/.jdks/*/Contents/Home \
    "$home"/.gradle/jdks/* "$home"/.gradle/jdks/*/*/Contents/Home \
    "${JABBA_HOME:-$home/.jabba}"/jdk/* "${JABBA_HOME:-$home/.jabba}"/jdk/*/Contents/Home \
    "${ASDF_DATA_DIR:-$home/.asdf}"/installs/java/* "${ASDF_DATA_DIR:-$home/.asdf}"/installs/java/*/Contents/Home \
    "${MISE_DATA_DIR:-$data/mise}"/installs/java/* "${MISE_DATA_DIR:-$data/mise}"/installs/java/*/Contents/Home \
    "$home"/.jbang/cache/jdks/* "$home"/.cache/coursier/jvm/* "$home"/jdk* \
    /run/current-system/sw/lib/openjdk /etc/profiles/per-user/*/lib/openjdk "$home"/.nix-profile/lib/openjdk; do
    if [ -f "$home/release" ] && jdk_look "$home"; then
      if [ "$jdk_version" -eq "$jdk_least" ]; then
        jdk_take "$home"
        return 0
      fi
      if [ "$jdk_version" -gt "$newest_version" ]; then
        newest=$home
        newest_version=$jdk_version
      fi
    fi
  done
  [ -n "$newest" ] && jdk_take "$newest"
}

# Tells what to install; to be called where find_jdk failed.
explain_jdk() {
  local sudo='sudo ' line id='' like='' release=''
  [ "$(id -u)" != 0 ] || sudo=
  if [ -r /etc/os-release ]; then
    while IFS= read -r line || [ -n "$line" ]; do
      line=${line//[\"\']/}
      case $line in
        ID=*) id=${line#*=} ;;
        ID_LIKE=*) like=${line#*=} ;;
        VERSION_ID=*) release=${line#*=} ;;
      esac
    done </etc/os-release
  elif [ "$(uname -s)" = Darwin ]; then
    id=macos
  fi
  {
    echo "Puna needs a JDK (Java with its compiler), release $jdk_least or newer, and found none."
    if [ -n "$jdk_seen" ]; then
      echo "  It saw:"
      printf %s "$jdk_seen"
    fi
    echo "  Install one:"
    case " $id $like " in
      *' debian '* | *' ubuntu '*)
        case $id$release in
          debian12* | debian11* | ubuntu20* | ubuntu22*)
            echo "    ${sudo}apt-get update && ${sudo}apt-get install -y curl gpg"
            echo "    curl -fsSL https://packages.adoptium.net/artifactory/api/gpg/key/public |" \
              "${sudo}gpg --dearmor -o /usr/share/keyrings/adoptium.gpg"
            echo "    echo \"deb [signed-by=/usr/share/keyrings/adoptium.gpg] https://packages.adoptium.net/artifactory/deb" \
              "\$(. /etc/os-release; echo \$VERSION_CODENAME) main\" | ${sudo}tee /etc/apt/sources.list.d/adoptium.list"
            echo "    ${sudo}apt-get update && ${sudo}apt-get install -y temurin-25-jdk"
            ;;
          *) echo "    ${sudo}apt-get update && ${sudo}apt-get install -y openjdk-25-jdk-headless" ;;
        esac
        ;;
      *' fedora '* | *' rhel '* | *' centos '* | *' amzn '*) echo "    ${sudo}dnf install -y java-25-openjdk-devel" ;;
      *' suse '* | *' opensuse '* | *' opensuse-tumbleweed '*) echo "    ${sudo}zypper install -y java-25-openjdk-devel" ;;
      *' arch '*) echo "    ${sudo}pacman -S --noconfirm jdk25-openjdk" ;;
      *' alpine '*) echo "    ${sudo}apk add openjdk25-jdk" ;;
      *' gentoo '*) echo "    ${sudo}emerge dev-java/openjdk-bin:25" ;;
      *' nixos '*) echo "    nix profile install nixpkgs#jdk25" ;;
      *' macos '*) echo "    brew install openjdk@25" ;;
      *)
        echo "    Debian 13, Ubuntu   sudo apt-get install openjdk-25-jdk-headless"
        echo "    Fedora, RHEL        sudo dnf install java-25-openjdk-devel"
        echo "    openSUSE            sudo zypper install java-25-openjdk-devel"
        echo "    Arch Linux          sudo pacman -S jdk25-openjdk"
        echo "    Alpine              sudo apk add openjdk25-jdk"
        echo "    macOS               brew install openjdk@25"
        ;;
    esac
    echo "  or without root, with SDKMAN (https://sdkman.io):"
    echo "    sdk install java 25-tem    # 'sdk list java' shows newer ones"
    echo "  or unpack one from https://adoptium.net/temurin/releases/?version=25 and say where it is:"
    echo "    export PUNA_JAVA_HOME=/path/to/jdk-25"
  } >&2
}

#!/bin/sh
# The demo `git` on repositories of many kinds. What it finds must be what git fsck finds in a copy of the repository
# that has lost the same references, and the repository must stay as it was.
demo=${GITDEMO:-./demos/git}
case $demo in /*) ;; *) demo=$PWD/$demo ;; esac
[ -x "$demo" ] || { echo "skipped: $demo is not built"; exit 77; }
command -v git >/dev/null || { echo "skipped: git is not installed"; exit 77; }
case $XLGC_NOT_AGAIN$SANITIZER_FLAGS in
1*address*) ;;
1*) echo "skipped: one thread, and has been run with another build"; exit 77 ;;
esac

work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP INT TERM
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
HOME=$work GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=$work/config TMPDIR=$work/scratch LC_ALL=C
GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org
GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000'
export HOME GIT_CONFIG_NOSYSTEM GIT_CONFIG_GLOBAL TMPDIR LC_ALL GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL
export GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_AUTHOR_DATE GIT_COMMITTER_DATE
mkdir "$TMPDIR"
cd "$work" || exit 99
echo leak:libpcre2 >leaks # libgit2 1.5 loses the matches of its regular expressions
LSAN_OPTIONS=suppressions=$work/leaks:print_suppressions=0
export LSAN_OPTIONS
git config --global init.defaultBranch main
git config --global init.templateDir '' # no hooks to copy
git config --global core.fsync none
git config --global protocol.file.allow always
git config --global advice.graftFileDeprecated false
failures=0

bad() {
  echo "FAILED $1"
  sed 's/^/  | /' output
  failures=$((failures + 1))
}

state() { find "$1" -type f -exec cksum {} + | sort; }

# same NAME REPOSITORY GIT-DIRECTORY REF... : drops the references; their full names. GIT-DIRECTORY: below REPOSITORY.
same() {
  name=$1 repository=$2 directory=$3
  shift 3
  rm -rf copy
  cp -R "$repository" copy
  git=copy/$directory
  if head=$(git --git-dir="$git" rev-parse --quiet --verify HEAD); then
    git --git-dir="$git" update-ref --no-deref HEAD "$head"
  fi
  options=
  for reference; do
    git --git-dir="$git" update-ref -d "$reference"
    options="$options --drop $reference"
  done
  git --git-dir="$git" fsck --unreachable --no-reflogs --no-progress >fsck 2>&1
  expected="matches git fsck: $(grep -c ^unreachable fsck) objects"
  state "$repository" >before
  "$demo" "$repository/${inside-}" $options $settings >output 2>&1
  status=$?
  state "$repository" >after
  cmp -s before after || bad "$name: the repository was changed"
  [ $status = 0 ] && [ "$(tail -n 1 output)" = "$expected" ] || bad "$name: expected \"$expected\", status $status"
  [ -z "$(ls -A "$TMPDIR")" ] || { bad "$name: left something in TMPDIR"; rm -rf "$TMPDIR"; mkdir "$TMPDIR"; }
}

says() { # NAME TEXT: the last output has the text in it
  grep -q -e "$2" output || bad "$1: does not say \"$2\""
}

complete() { # NAME: the last output tells of nothing missing
  ! grep -q ^missing output || bad "$1: something is missing"
}

# refuses NAME TEXT ARGUMENT... : ends with an error that has the text in it
refuses() {
  name=$1 text=$2
  shift 2
  "$demo" "$@" >output 2>&1
  status=$?
  [ $status -gt 0 ] && [ $status -lt 128 ] || bad "$name: status $status"
  says "$name" "$text"
  [ -z "$(ls -A "$TMPDIR")" ] || bad "$name: left something in TMPDIR"
}

commit() { # FILE TEXT: in the current directory
  mkdir -p "$(dirname "$1")"
  echo "$2" >"$1"
  git add "$1"
  git commit -qm "$2"
}

# ------------------------------------------------------------ repositories

git init -q simple
(
  cd simple
  for i in 1 2 3 4; do commit "d$i/e/file" "main $i"; done
  git switch -qc big
  for i in 1 2 3 4 5 6; do commit "big$i/file" "big $i"; done
  git switch -qc small main~1
  commit small "small 1"
  git merge -q -m merged main~2 main
  git switch -q main
  git tag light small
  git tag -a -m one annotated small
  git -c advice.nestedTag=false tag -a -m two nested annotated
  git tag -a -m three onblob main:d1/e/file
  git tag tree big^{tree}
  commit lost lost
  git reset -q --hard HEAD~1
)

for settings in "" "--setting exact"; do
  same "one branch" simple .git refs/heads/big
  same "a branch that others hold" simple .git refs/heads/small
  same "a branch and its tags" simple .git refs/heads/small refs/tags/light refs/tags/nested refs/tags/annotated
  same "the branch of HEAD" simple .git refs/heads/main
  says "the branch of HEAD" "HEAD stays on the commit"
  same "all" simple .git refs/heads/big refs/heads/small refs/tags/light refs/tags/annotated refs/tags/nested \
    refs/tags/onblob refs/tags/tree
done
settings=

"$demo" simple >output 2>&1 || bad "no reference named"
says "no reference named" "^dropped     refs/heads/big, "
says "no reference named" "; 3 objects were unreachable before"
same "what was lost before" simple .git refs/tags/onblob
"$demo" --drop big --drop nested --drop big simple >output 2>&1 || bad "short names"
says "short names" "^dropped     refs/tags/nested"
(cd simple/d1 && "$demo" >../../output 2>&1) || bad "from a subdirectory"
GIT_DIR=$work/nowhere GIT_OBJECT_DIRECTORY=$work/nowhere "$demo" simple >output 2>&1 || bad "environment"

git clone -q --mirror simple bare
same bare bare . refs/heads/big
same "bare, the branch of HEAD" bare . refs/heads/main
cp -R simple packed
git -C packed gc -q --prune=now
same packed packed .git refs/heads/big
(cd packed && git switch -q big && commit loose loose && git switch -q main)
same "packed and loose" packed .git refs/heads/big
git -C packed repack -q -d
same "two packs" packed .git refs/heads/big

cp -R simple detached
git -C detached checkout -q --detach big
same detached detached .git refs/heads/big
same "detached, another" detached .git refs/heads/small refs/tags/light refs/tags/annotated

git init -q empty
same empty empty .git
says empty "has no branch or tag"
cp -R simple unborn
git -C unborn symbolic-ref HEAD refs/heads/none
same unborn unborn .git refs/heads/big

git clone -q --depth 2 --no-single-branch "file://$work/simple" shallow
same shallow shallow .git refs/remotes/origin/big
says shallow ", shallow$"
complete shallow
cp -R simple cut
git -C cut rev-parse big~2 >cut/.git/shallow
same "a history cut short" cut .git refs/heads/small

git clone -q --shared simple shared
same alternates shared .git refs/remotes/origin/big
git clone -q simple remote
git -C remote checkout -q --detach origin/small~1
git -C remote branch -q -D main
same "a symbolic reference" remote .git refs/remotes/origin/main refs/remotes/origin/big refs/remotes/origin/small \
  refs/tags/light refs/tags/nested refs/tags/annotated refs/tags/tree
"$demo" remote --drop origin >output 2>&1 || bad "a symbolic reference by name"
says "a symbolic reference by name" "^dropped     refs/remotes/origin/main"

cp -R simple 'we"ird \ name'
same "an odd name" 'we"ird \ name' .git refs/heads/big

# --------------------------------------------------------------- the index

cp -R simple staged
(
  cd staged
  echo staged >staged
  git add staged
  echo intended >intended
  git add -N intended
  git update-index --add --cacheinfo 160000,1234567890123456789012345678901234567890,module
  git switch -qc module
  git commit -qm "with a submodule"
  git switch -q main
  echo again >again
  git add again
  git update-index --add --cacheinfo 160000,1234567890123456789012345678901234567890,module
  git update-index --skip-worktree d1/e/file
  name=$(printf '%05000d' 0 | sed 's/0\{100\}/&\//g')
  git update-index --add --cacheinfo "100644,$(git rev-parse big:big3/file),${name}long"
)
for version in 2 3 4; do
  git -C staged update-index --index-version $version
  same "index $version" staged .git refs/heads/module refs/heads/big
  complete "index $version"
done

cp -R simple cached
git -C cached read-tree big
same "cached trees" cached .git refs/heads/big refs/tags/tree

git init -q resolved
(
  cd resolved
  commit file base
  git switch -qc other
  commit file other
  git switch -q main
  commit file ours
  git merge other
  git switch -qc third main 2>/dev/null
  echo both >file
  git add file
  rm .git/MERGE_HEAD
) >/dev/null 2>&1
same "a resolved conflict" resolved .git refs/heads/other

cp -R simple stash
for i in 1 2; do
  echo "stash $i" >stash/d1/e/file
  git -C stash stash -q
done
same "stashes" stash .git refs/heads/small
same "the stash" stash .git refs/stash

# ------------------------------------------------- worktrees and more links

cp -R simple trees
git -C trees worktree add -q --detach "$work/linked" big
(cd linked && commit linked linked && git update-ref refs/bisect/bad HEAD && git checkout -q HEAD~1)
same "with a worktree" trees .git refs/heads/big refs/tags/tree
cp -R trees again
git --git-dir=again/.git/worktrees/linked update-ref -d refs/heads/big
git --git-dir=again/.git/worktrees/linked fsck --unreachable --no-reflogs >fsck 2>&1
"$demo" linked --drop big >output 2>&1
[ "$(tail -n 1 output)" = "matches git fsck: $(grep -c ^unreachable fsck) objects" ] || bad "in a worktree"

cp -R simple replaced
(cd replaced && git replace big "$(git commit-tree -m other big^{tree} -p small)")
same replaced replaced .git refs/heads/big
cp -R simple grafted
mkdir -p grafted/.git/info
echo "$(git -C grafted rev-parse big) $(git -C grafted rev-parse small)" >grafted/.git/info/grafts
same grafted grafted .git refs/heads/small refs/tags/light refs/tags/annotated refs/tags/nested

git -C simple config uploadpack.allowFilter true
git clone -q --bare --filter=blob:none "file://$work/simple" partial 2>/dev/null
"$demo" partial --drop big >output 2>&1 || bad partial
says partial "^missing     .* links lead to objects that are not here"

# ------------------------------------------------------------------- broken

loose() { echo "broken/.git/objects/$(git -C simple rev-parse "$1" | sed 's/../&\//')"; }
for object in main:d1/e/file main^{tree} main~1 annotated; do
  rm -rf broken
  cp -R simple broken
  rm -f "$(loose $object)"
  same "without $object" broken .git refs/heads/big
  says "without $object" "^missing     "
done
for object in main:d1/e/file main^{tree} main~1 annotated; do
  rm -rf broken
  cp -R simple broken
  chmod u+w "$(loose $object)"
  echo nothing >"$(loose $object)"
  refuses "garbled $object" "cannot read object .*; run git fsck" broken
done
rm -rf broken
cp -R simple broken
chmod u+w "$(loose main~1)"
head -c 60 "$(loose main~1 | sed s/broken/simple/)" >"$(loose main~1)"
refuses "a short object" "cannot read object $(git -C simple rev-parse main~1): it has no end" broken
for part in pack idx; do
  rm -rf broken
  cp -R packed broken
  for file in broken/.git/objects/pack/*.$part; do
    chmod u+w "$file"
    head -c 100 "$file" >short
    cat short >"$file"
  done
  refuses "cut $part" "git:" broken
done
rm -rf broken
cp -R simple broken
head -c 100 simple/.git/index >broken/.git/index
refuses "a cut index" "index is damaged" broken
cp -R simple/.git/index broken/.git/index
echo nonsense >broken/.git/HEAD
refuses "a bad HEAD" "git:" broken

# ------------------------------------------------------------------- misuse

refuses "an unknown reference" 'no reference "nope"' simple --drop nope
says "an unknown reference" refs/heads/big
refuses "a HEAD that is no name" "no branch, tag" detached --drop HEAD
mkdir plain
refuses "no repository" "cannot open" plain
refuses "no such path" "cannot open" nowhere
refuses "an unknown option" "^Usage" --nope
refuses "two paths" "^Usage" simple bare
refuses "an unknown setting" "^Usage" --setting best simple
if git init -q --object-format=sha256 long 2>/dev/null; then
  refuses sha256 "cannot open" long
fi
mkdir none some
ln -s "$(dirname "$(command -v git)")"/* none
rm none/git
PATH=$work/none "$demo" simple >output 2>&1
[ $? = 2 ] || bad "without git"
says "without git" "git is not installed"

# --------------------------------------------- a git that says something else

cat >some/git <<END
#!/bin/sh
case " \$* " in *" fsck "*) $(command -v git) "\$@" | sed 's/^unreachable commit/dangling commit/' ;;
*) exec $(command -v git) "\$@" ;;
esac
END
chmod +x some/git
PATH=$work/some:$PATH "$demo" simple --drop big >output 2>&1
[ $? = 1 ] || bad "a difference"
says "a difference" "only xlgc: commit $(git -C simple rev-parse big)"
says "a difference" "differs from git fsck in 7 objects"

sed 's/^case.*/case " $* " in *" fsck "*) touch "${0%\/*}\/begun"; exec sleep 60 ;;/' some/git >some/slow
chmod +x some/slow
mv some/slow some/git
PATH=$work/some:$PATH "$demo" simple >output 2>&1 &
process=$!
while [ ! -e some/begun ]; do kill -0 $process || break; done
[ -n "$(ls -A "$TMPDIR")" ] || bad "interrupted: had nothing in TMPDIR"
kill $process
wait $process
[ $? = 143 ] || bad "interrupted"
[ -z "$(ls -A "$TMPDIR")" ] || bad "interrupted: left something in TMPDIR"

"$demo" --help >output || bad "--help"

[ $failures = 0 ] && echo "all agree with $(git --version)"
exit $((failures > 0))

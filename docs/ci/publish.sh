#!/bin/sh
# Publishes what a tag holds: each record for the first time, or a new version of it if it changed.
#
# It makes no first deposits: those are pushed once by hand, and records_links.json is committed.
# The ids of new versions are committed to the default branch before anything is published. So
# whatever fails, and however often this is run, nothing is published twice.
set -eu
: "${TARGET:?set TARGET to the name of a target, such as zenodo}"
: "${BRANCH:?set BRANCH to the default branch, such as main}"
records=${RECORDS:-records}
links=$records/records_links.json

keep() { # commit what is known of the deposits on top of the default branch
    beside=$(mktemp -d)
    git fetch --quiet origin "$BRANCH"
    git worktree add --quiet --detach "$beside/tree" FETCH_HEAD
    cp "$links" "$beside/tree/$links"
    git -C "$beside/tree" add -- "$links"
    if ! git -C "$beside/tree" diff --cached --quiet; then
        git -C "$beside/tree" commit --quiet --message "Deposits on $TARGET [skip ci]"
        git -C "$beside/tree" push --quiet origin "HEAD:refs/heads/$BRANCH"
    fi
    git worktree remove --force "$beside/tree"
}

# what earlier runs know: the tag's own copy is older
git fetch --quiet origin "$BRANCH"
if ! git checkout --quiet FETCH_HEAD -- "$links"; then
    echo "There is no $links on $BRANCH." >&2
    echo "Push once by hand, publishkit push $records --to $TARGET, and commit that file." >&2
    exit 1
fi

publishkit status "$records" --to "$TARGET" --quiet # what became of reviews, say
for file in "$records"/*/record_metadata.json; do
    known=$(publishkit links "${file%/*}" --to "$TARGET" --format csv)
    case $known in
    *,published,*) publishkit new-version "${file%/*}" --to "$TARGET" ;; # a draft, if it changed
    esac
done
keep
publishkit publish "$records" --to "$TARGET" --yes
keep

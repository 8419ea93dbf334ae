// Brings the hand-written types of webtorrent's untyped packages into the tests' program.
// oxlint-disable-next-line typescript/triple-slash-reference -- a file of ambient modules cannot be imported
/// <reference path="../../workers/engine/protocol/webtorrent/webtorrent.d.ts" />

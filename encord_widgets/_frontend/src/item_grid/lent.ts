// What the grid lends to the part of it that is fetched later, so that it is not sent twice.
export { Component, Fragment, h } from "preact";
export { count, isTruncated, jsonOf, kindOf, plural, sameCell, stateLook, textOf } from "../shared/cells";
export { isClosed, messageOf } from "../shared/client";
export { Icon, Status } from "../shared/ui";

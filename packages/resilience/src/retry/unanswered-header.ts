/**
 * On an answer that failed as a call of its sender's own came to nothing, with the name of who did not answer: it was tried again already. Each step of a chain
 * that did so once more would multiply the calls of what is down, so nobody does.
 */
export const unansweredHeader = 'x-headwater-unanswered';

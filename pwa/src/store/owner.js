/** Whose work this tab holds, for as long as it lives. Its database is opened for this account, and every request names it. */
let owner = "";

/** @returns {string} an account's id; "" before anyone signed in here */
export const using = () => owner;
/** @param {string} account */
export const setUsing = (account) => { owner = account; };

// What the visitor chooses against what Python answers. Every choice carries a number and Python sends back the newest
// that has arrived, so that an answer to an earlier choice never undoes a later one.
function choicesOf(waitMs) {
  let sent = 0, timer = null;
  const C = { send: null };
  C.forget = () => { clearTimeout(timer); timer = null; };
  C.now = (choice) => { C.forget(); sent += 1; C.send({ ...choice, number: sent }); };
  C.soon = (choice) => { C.forget(); timer = setTimeout(() => C.now(choice), waitMs); };
  // Whether Python has heard everything; a new element goes on counting where the one before it stopped.
  C.answered = (number) => { if (timer !== null || number < sent) return false; sent = number; return true; };
  return C;
}

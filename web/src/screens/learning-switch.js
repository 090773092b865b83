/** Whether one's finished drawings may teach the network: a switch, where the host asks for it. */

import * as api from "../api.js";
import { h } from "../dom.js";
import { text } from "../strings.js";
import { toast } from "../toast.js";

/** @returns {HTMLElement} hidden for as long as nobody is asked */
export function learningSwitch() {
  const box = h("input", { type: "checkbox", role: "switch", testid: "learning", onchange: choose });
  const help = h("small");
  const element = h("label", { class: "switch", hidden: true }, box, h("span", {}, text.learning.label, help));

  async function choose() {
    const wanted = box.checked;
    box.disabled = true; // until the server has said what holds
    try {
      show(await api.chooseLearning(wanted));
    } catch {
      box.checked = !wanted;
      toast(text.errors.unexpected);
    }
    box.disabled = false;
  }

  /** @param {api.LearningChoice} choice */
  function show(choice) {
    box.checked = choice.consent;
    help.textContent = text.learning.help(choice.kept_days);
    element.hidden = !choice.offered && !choice.consent; // who said yes can always take it back
  }

  api.learningChoice().then(
    (choice) => choice && show(choice),
    () => {}, // who cannot be asked has not said yes
  );
  return element;
}

// Shows the payout provider's own form for a card, and sends on the token that it gives. The number never comes here.
const place = document.getElementById("card-form");
const form = document.getElementById("card-token");

function away() {
  document.getElementById("card-problem").hidden = false;
}

if (window.PayoutsData) {
  new window.PayoutsData({
    type: "payout",
    account_id: place.dataset.account,
    success_callback(card) {
      form.elements.token.value = card.payout_token;
      form.elements.masked.value = `•••• ${card.last4}`;
      form.submit();
    },
    error_callback: away,
  }).render("card-form");
} else {
  away();
}

// Sends a form that only leads on, `<form data-go-on>`, without waiting for its button.
document.querySelector("form[data-go-on]")?.submit();

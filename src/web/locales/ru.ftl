# Слова сайта по-русски. Те же ключи стоят в en.ftl; тест их сравнивает.

## Рамка каждой страницы

brand = Копилка
skip = К содержанию
nav = Главные страницы
nav-stores = Магазины
nav-orders = Заказы
nav-clicks = Переходы
nav-balance = Баланс
nav-account = Аккаунт
sign-in = Войти
sign-up = Регистрация
sign-out = Выйти
foot-zone = Время в поясе { $zone }.
pager = Другие страницы
pager-first = К началу
pager-next = Показать ещё
crumbs = Где вы
exact-record = Точная запись

## Сообщения, которые видны один раз

flash-signed-out = Вы вышли.
flash-email-confirmed = Адрес подтверждён.
flash-password-set = Новый пароль задан. Войдите с ним.

## Ошибки

error-not-found-title = Здесь ничего нет
error-not-found-text = Возможно, в адресе опечатка или страницы больше нет.
error-forbidden-title = Эта страница не для этого аккаунта
error-forbidden-text = Вы вошли, но эта страница вам недоступна, или форма отправлена не с наших страниц.
error-method-title = Этот адрес используют иначе
error-method-text = Вернитесь и попробуйте ещё раз с самой страницы.
error-too-many-title = Слишком много попыток
error-too-many-text = Подождите минуту и попробуйте снова.
error-unavailable-title = Сейчас недоступно
error-unavailable-text = Ничего не потеряно и ничего не изменилось. Попробуйте чуть позже.
error-request-title = Запрос не удалось прочитать
error-request-text = Вернитесь и попробуйте ещё раз.
error-internal-title = У нас что-то сломалось
error-internal-text = Мы записали ошибку. Попробуйте чуть позже; если повторится, напишите в поддержку.
error-home = На главную
error-reference = Номер для поддержки:

## Что не так с формой

refused-unreadable = Не получилось. Проверьте форму и отправьте ещё раз.
refused-wrong-credentials = Адрес или пароль неверны, или адрес ещё не подтверждён.
refused-too-many = Слишком много попыток. Попробуйте через { $seconds ->
    [one] { $seconds } секунду
    [few] { $seconds } секунды
   *[many] { $seconds } секунд
}.
refused-unavailable = Сейчас это сделать нельзя. Ничего не изменилось; попробуйте чуть позже.
refused-account-blocked = Аккаунт заблокирован. Напишите в поддержку.
refused-code-not-valid = Ссылка больше не действует. Запросите новую.
invalid-answer = Напишите ответ; для отказа нужна причина.
invalid-name = Нужно от 1 до 100 знаков в одной строке.
refused-already-answered = На это уже ответили.
refused-already-decided = Решение уже принято.
refused-wrong-password = Это не пароль аккаунта. Если забыли его, задайте новый.
refused-changed-meanwhile = За это время данные изменились. Попробуйте ещё раз.
refused-email-taken = У этого адреса есть свой аккаунт.
refused-store-paused = Магазин приостановлен: заказы сейчас не принесут кешбэка.
refused-no-terms = У магазина пока нет действующих условий.
invalid-email = Это не адрес почты. Он выглядит так: anna@example.com.
invalid-password = Нужно от 10 до 128 знаков. Не ваш адрес и не один из самых частых паролей; хорошо подходят несколько слов.
invalid-deep-link = Вставьте https-адрес страницы именно этого магазина.

## Вход

field-email = Адрес почты
field-password = Пароль
field-new-password = Новый пароль
field-code = Код из письма
hint-password = От 10 знаков. Хорошо подходят несколько слов.
sign-in-forgot = Забыли пароль?
sign-in-new = Впервые здесь?
sign-up-text = Нужны только адрес для писем и пароль.
sign-up-known = Уже есть аккаунт?
letter-title = Загляните в почту
letter-text = Письмо отправлено на указанный адрес. Откройте ссылку из него в течение двух дней.
letter-none = Нет письма несколько минут? Проверьте спам или попробуйте ещё раз.
confirm-title = Подтвердите адрес
confirm-text = Остался один шаг: введите пароль, который вы выбрали.
confirm-do = Подтвердить
new-password-title = Новый пароль
new-password-ask = Мы отправим ссылку на ваш адрес.
new-password-send = Отправить ссылку
new-password-text = Выберите новый пароль. На всех устройствах придётся войти заново.
new-password-set = Задать пароль

## Главная

home-title = Кешбэк, который виден до последней копейки
home-lead = Переходите в магазин через нас, и часть того, что платит магазин, вернётся вам. Каждый шаг от клика до карты открыт.
home-start = Начать
home-look = { $count ->
    [one] Смотреть { $count } магазин
    [few] Смотреть { $count } магазина
   *[many] Смотреть { $count } магазинов
}
home-one = Выберите магазин
home-one-text = Ставка и то, что её отменяет, видны до перехода.
home-two = Покупайте как обычно
home-two-text = Переход записан ещё до того, как вы ушли, поэтому заказ найдётся.
home-three = Получите деньги
home-three-text = На карту или кошелёк, когда магазин подтвердит заказ.
home-promise = Что мы обещаем
home-promise-click = Клик записан раньше, чем откроется магазин.
home-promise-rate = Какую ставку вы видели, такая и будет.
home-promise-reason = Если заказ отклонён, вы прочтёте почему.
home-promise-trail = У каждого заказа есть страница со всем, что с ним было.
summary-title = Ваш кешбэк
summary-empty = Пока ничего
summary-empty-text = Выберите магазин и купите что-нибудь: заказ появится здесь, когда магазин о нём сообщит.
summary-orders = Последние заказы
summary-all-orders = Все заказы
balance-available = Можно вывести
balance-pending = Ждёт магазина
balance-confirmed = Подтверждено, на удержании
balance-in-payout = На пути к вам
balance-debt = Ваш долг

## Ставки и магазины

rate-percent = { $percent } %
rate-share = { $percent } % комиссии
stores-title = Магазины
stores-search = Найти магазин
stores-category = Категория
stores-all = Все категории
stores-find = Найти
stores-more = есть и другие ставки
stores-hold = { $days ->
    [one] удержание { $days } день
    [few] удержание { $days } дня
   *[many] удержание { $days } дней
}
stores-no-hold = без удержания
stores-exclusions = { $count ->
    [one] { $count } исключение
    [few] { $count } исключения
   *[many] { $count } исключений
}
stores-deep-links = ссылки на товары
stores-none = Ничего не нашлось. Попробуйте слово короче или все категории.
store-cashback = Кешбэк
store-first-order = За первый заказ здесь:
store-deep-link = Адрес товара, если уже выбрали
store-deep-link-hint = Вставьте его, чтобы попасть прямо туда. Пустое поле ведёт на главную магазина.
store-go = Перейти в магазин
store-sign-in = Войдите, чтобы получить кешбэк
store-pinned = Эти условия (версия { $version }) закрепятся при переходе, что бы ни изменилось потом. Ссылка действует { $hours ->
    [one] { $hours } час
    [few] { $hours } часа
   *[many] { $hours } часов
}.
store-share = Комиссия — это то, что магазин платит нам за заказ; эта её часть ваша.
store-rates = Ставки по товарам
store-goods = Товары
store-rest = Всё остальное
store-terms = Условия
store-attribution = { $days ->
    [one] Засчитываются заказы, сделанные за { $days } день после перехода.
    [few] Засчитываются заказы, сделанные за { $days } дня после перехода.
   *[many] Засчитываются заказы, сделанные за { $days } дней после перехода.
}
store-hold = { $days ->
    [one] Вывести деньги можно через { $days } день после подтверждения заказа магазином.
    [few] Вывести деньги можно через { $days } дня после подтверждения заказа магазином.
   *[many] Вывести деньги можно через { $days } дней после подтверждения заказа магазином.
}
store-no-hold = Вывести деньги можно сразу после подтверждения заказа магазином.
store-cap-order = Не больше { $amount } за один заказ.
store-cap-month = Не больше { $amount } за календарный месяц.
store-voids = Что отменяет кешбэк
store-voids-other = Переход с другого сайта или чужой промокод после вашего клика
store-voids-blocker = Блокировщик или приватное окно, которые забывают, откуда вы пришли
store-since = Действуют с
store-home = Сайт магазина, без кешбэка
leave-title = Переходим: { $store }
leave-text = Клик сохраняется раньше, чем откроется магазин. Ваш кешбэк:
leave-now = Перейти

## Категории, как их называют операторы

category-home = Дом
category-books = Книги
category-outdoor = Туризм
category-sports = Спорт
category-pets = Питомцы
category-beauty = Красота
category-auto = Авто
category-crafts = Рукоделие
category-education = Обучение
category-electronics = Электроника
category-fashion = Одежда
category-finance = Финансы
category-flowers = Цветы
category-food = Еда
category-games = Игры
category-health = Здоровье
category-insurance = Страхование
category-jewellery = Украшения
category-kids = Детям
category-office = Офис
category-software = Программы
category-subscriptions = Подписки
category-tickets = Билеты
category-travel = Путешествия

## Переходы

clicks-title = Ваши переходы
clicks-text = Каждый переход в магазин через нас записан здесь ещё до того, как магазин откроется.
clicks-none = Переходов пока нет. Перейдите в магазин через нас, и запись появится сразу.
click-reference = Метка
click-terms = Версия условий
click-landing = Куда вас направили

## Заказы

orders-title = Заказы
orders-number = Номер заказа
orders-state = Состояние
orders-all = Все состояния
orders-none = Заказов пока нет. Магазины сообщают о них через несколько минут или дней после покупки.
orders-none-fit = Подходящих заказов нет.
orders-export = Сохранить таблицей (CSV)
order-title = Заказ
order-number = № { $number }
order-made = Сделан
order-amount = Сумма заказа
order-promise = Обещанная ставка
order-held-until = Можно вывести с
order-reason = Причина магазина:
order-reason-none = Магазин не назвал причину.
state-pending = Ожидает
state-on-hold = На проверке у магазина
state-held = Подтверждён, удержание
state-confirmed = Подтверждён
state-declined = Отклонён
state-reversed = Отозван
order-next-pending = Магазин сообщил о заказе и ещё должен его подтвердить.
order-next-on-hold = Магазин проверяет этот заказ внимательнее.
order-next-held = Магазин подтвердил заказ. Деньги можно вывести с
order-next-available = Деньги уже на балансе: их можно вывести.

## История заказа

story-title = Вся история
story-text = Всё, что было с этим заказом, как оно записано.
story-click = Вы перешли в магазин { $store }
story-click-text = Клик сохранён до того, как вы ушли.
story-click-terms = Он закрепил версию { $version } условий.
story-call = Партнёр магазина прислал вызов
story-report-pending = Магазин сообщил о заказе
story-report-confirmed = Магазин подтвердил заказ
story-report-declined = Магазин отклонил заказ
story-report-reversed = Магазин отозвал заказ
story-hold-over = Удержание закончилось
story-person = Исправлено сотрудником
story-decided = Решение:
story-decided-cashback = кешбэк
story-to = в
story-payouts = Выведено с тех пор
story-payouts-text = Что вы вывели после того, как эти деньги стали доступны.
verdict-applied = Принято
verdict-unchanged = Повтор
verdict-superseded = Устарело
verdict-ignored = Не продажа
verdict-held = Оставлено для проверки
verdict-refused = Не принято
verdict-applied-text = Сообщение подлинное, оно учтено.
verdict-unchanged-text = В нём то, что уже известно; ничего не изменилось.
verdict-superseded-text = Уже известно более новое; ничего не изменилось.
verdict-ignored-text = Это не сообщение о продаже.
verdict-held-text = Сначала должен посмотреть человек.
verdict-refused-text = Оно не принято.
posting-conversion = Заказ сообщён или изменён
posting-hold_over = Удержание закончилось
posting-payout_reserved = Отложено для вывода
posting-payout_paid = Вывод выплачен
posting-payout_released = Вывод отменён, деньги вернулись
posting-payout_returned = Вывод возвращён
posting-partner_payment = Партнёр заплатил
posting-adjustment = Исправлено сотрудником
account-pending = ждёт магазина
account-confirmed = подтверждено, на удержании
account-available = можно вывести
account-in-payout = на пути к вам
account-debt = ваш долг
account-partner-expected = ожидается от магазина
account-partner-owed = должен магазин
account-bank = наш счёт в банке
account-fees = комиссии за вывод
account-house = сервис
record-call = Вызов, каким он пришёл, без секретов
record-call-hidden = Вызов говорит и о чужих заказах, поэтому не показан.
record-call-id = Номер вызова
record-detail = Подробность
record-transaction = Проводка в книге
record-id = Номер
record-note = Примечание

## Баланс и вывод

balance-title = Баланс
balance-none = Пока пусто. Баланс начнётся с первого заказа.
balance-debt-text = Заказ отозвали, когда его кешбэк был уже выведен. Следующий кешбэк сначала покроет это:
balance-holds = Когда это можно будет вывести
balance-hold-until = с
balance-made-of = Из чего он сложился
balance-to-order = К заказу
balance-to-payout = К выводу
withdraw-title = Вывести
withdraw-to = Куда
withdraw-amount = Сумма вместе с комиссией
withdraw-currency = Валюта
withdraw-up-to = до { $amount }
withdraw-net = Вы получите
withdraw-review = Перед отправкой этот вывод посмотрит сотрудник.
withdraw-confirm = Вывести { $amount }
withdraw-change = Изменить
withdraw-next = Дальше
withdraw-next-text = На следующей странице будет видна комиссия. Ничего не отправится, пока вы не подтвердите.
withdraw-nothing = Выводить пока нечего.
withdraw-no-method = Сначала укажите, куда отправить деньги.
payouts-title = Выводы
payouts-none = Выводов пока нет.
payout-title = Вывод
payout-fee = Комиссия
payout-requested = Запрошен
payout-updated = Последнее изменение
payout-cancel = Отменить
payout-steps = Что с ним было
payout-reason = Причина:
payout-reason-code = Слово банка
payout-state-requested = Запрошен
payout-state-review = На проверке
payout-state-approved = Одобрен
payout-state-submitting = Отправляется
payout-state-submitted = В банке
payout-state-unknown = Выясняется
payout-state-paid = Выплачен
payout-state-failed = Не прошёл
payout-state-cancelled = Отменён
payout-state-returned = Вернулся
payout-state-requested-text = Деньги отложены.
payout-state-review-text = Деньги отложены. Перед отправкой их посмотрит сотрудник.
payout-state-approved-text = Деньги отложены и сейчас уйдут.
payout-state-submitting-text = Запрос на пути в банк.
payout-state-submitted-text = Банк принял вывод и работает над ним.
payout-state-unknown-text = Банк не ответил ясно. Мы спрашиваем, пока не узнаем; ничего не уйдёт дважды и не пропадёт.
payout-state-paid-text = Банк перевёл деньги.
payout-state-failed-text = Банк не заплатил. Вся сумма снова на балансе.
payout-state-cancelled-text = Вывод отменён до отправки. Вся сумма снова на балансе.
payout-state-returned-text = Вывод был выплачен и вернулся. Отправленное снова на балансе.
payout-reason-destination-refused = банк не платит на эти реквизиты
payout-reason-destination-unknown = банк больше не знает эти реквизиты
payout-reason-limit-exceeded = лимит банка для этих реквизитов исчерпан
payout-reason-account-closed = счёт закрыт
payout-reason-cancelled-by-shopper = вы отменили его
methods-title = Реквизиты
methods-none = Реквизитов пока нет.
methods-add = Добавить реквизиты
methods-private = Номер уходит из вашего браузера прямо в банк. Мы получаем токен и последние цифры, но не номер.
methods-cool-off = Чтобы деньги были в безопасности, новыми реквизитами можно пользоваться через { $hours ->
    [one] { $hours } час
    [few] { $hours } часа
   *[many] { $hours } часов
}.
methods-script = Только этой форме нужен JavaScript: без него номер прошёл бы через наш сервер.
methods-no-provider = Банк не подключён, поэтому выводить пока некуда.
method-kind = Вид
method-number = Номер
method-number-refused = Банк не принимает этот номер. Проверьте цифры.
method-bank-away = Банк не отвечает. Попробуйте чуть позже.
method-usable = Можно пользоваться
method-usable-from = можно пользоваться с
method-remove = Убрать
kind-card = Карта
kind-wallet = Кошелёк
flash-method-added = Реквизиты сохранены.
flash-method-removed = Реквизиты убраны.
flash-payout-requested = Вывод запрошен.
flash-payout-cancelled = Вывод отменён.
refused-email-not-confirmed = Сначала подтвердите адрес почты.
refused-debt-open = Сначала нужно покрыть долг.
refused-method-too-new = Эти реквизиты добавлены недавно и ещё ждут. Время видно в разделе «Реквизиты».
refused-payout-already-open = Другой вывод ещё в пути. Дождитесь его.
refused-amount-below-minimum = Это меньше наименьшей суммы вывода.
refused-amount-above-maximum = Это больше, чем можно вывести за раз.
refused-not-enough-available = Столько пока нельзя вывести.
refused-daily-limit = Это больше, чем можно вывести за день.
refused-fee-takes-all = Комиссия забрала бы всё.
refused-payout-unavailable = Такой вывод сейчас недоступен.
refused-currency-not-paid-out = Эта валюта не выводится на такие реквизиты.
refused-idempotency-key-reused = Эта форма уже использована для другого вывода. Начните заново.
refused-payout-not-now = Вывод, возможно, уже отправлен, и отменить его нельзя.
refused-too-many-methods = Больше реквизитов добавить нельзя. Сначала уберите какие-нибудь.
refused-provider-not-configured = Этот банк больше не подключён.
invalid-amount = Напишите сумму больше нуля, знаков после запятой не больше, чем у валюты.
invalid-currency = Напишите три буквы валюты, например RUB.
invalid-method = Выберите реквизиты.
invalid-token = Банк не дал токен. Введите номер ещё раз.
invalid-masked = Банк не дал последних цифр. Введите номер ещё раз.
invalid-provider = Такого банка нет.
invalid-kind = Выберите один из видов.

## Пропавшие заказы

claims-title = Пропавшие заказы
claims-text = Заказа нет? Найдите переход, с которого он сделан, и сообщите нам:
claims-none = Обращений пока нет.
claim-title = Пропавший заказ
claim-new = Заказ пропал
claim-new-text = Ваш переход в магазин { $store },
claim-number = Номер заказа, как его написал магазин
claim-ordered = День заказа
claim-amount = Сколько вы заплатили
claim-note = Что-нибудь ещё
claim-send = Отправить
claim-evidence = К обращению приложится ваш клик с временем и меткой.
claim-made = Получено
claim-answered = Отвечено
claim-answer = Ответ:
claim-click = Клик:
claim-state-open = Рассматривается
claim-state-accepted = Подтверждено
claim-state-declined = Отклонено
claim-state-open-text = Магазин или сотрудник разбирается. Ответ появится здесь.
claim-state-accepted-text = О заказе сообщат, и он появится среди ваших заказов.
claim-state-declined-text = Обращение рассмотрено и отклонено.
flash-claim-made = Мы разбираемся.
click-missing = Заказ пропал
refused-before-click = Заказ старше этого клика. Выберите более ранний.
refused-order-known = Этот заказ уже есть среди ваших.
refused-claim-exists = Вы уже сообщали об этом заказе.
invalid-order-number = Напишите номер, от 1 до 100 знаков.
invalid-ordered-at = Выберите день заказа; он не может быть в будущем.
invalid-note = Не больше 2000 знаков.

## Аккаунт

account-title = Аккаунт
account-language = Язык
account-language-of = Писем и страниц
account-save = Сохранить
account-password = Пароль
account-email = Адрес почты
account-email-send = Отправить код на новый адрес
account-sessions = Где вы вошли
account-session-since = С
account-session-this = этот браузер
account-session-end = Закончить
account-everywhere = Выйти везде
field-old-password = Нынешний пароль
field-new-email = Новый адрес
flash-language-set = Язык сохранён.
flash-password-changed = Пароль изменён. На других устройствах придётся войти заново.
flash-session-ended = Сеанс закончен.

## Как магазины держат слово

score-title = Как магазин держит слово
score-too-few = Заказов слишком мало для оценки.
score-made-of = Посчитано по последним заказам через нас: { $count }.
score-declined = Отклонено или отозвано { $percent } % решённых заказов.
score-declined-short = отклонено { $percent } %
score-unexplained = Из них { $percent } % без причины.
score-days = { $days ->
    [one] Половина подтверждённых заказов подтверждена за { $days } день.
    [few] Половина подтверждённых заказов подтверждена за { $days } дня.
   *[many] Половина подтверждённых заказов подтверждена за { $days } дней.
}
score-same-day = Половина подтверждённых заказов подтверждена за день.
score-answered = Ответ дан на { $percent } % обращений.
